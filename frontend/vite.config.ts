import { defineConfig, type Plugin } from "vite";

/** Browsers that run these pages read woff2; the older format would double the build. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform(code, id) {
    if (!id.includes("@fontsource")) return null;
    return code.replaceAll(/,\s*url\([^)]*\.woff\)\s*format\(['"]woff['"]\)/g, "");
  },
};

export default defineConfig({
  base: "/static/",
  publicDir: "public",
  plugins: [onlyWoff2],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: ["src/main.ts"] },
  },
});
