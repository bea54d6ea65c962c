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

/** Certificates are typeset on the server with these very files, so that they look the same on every machine. */
const fontsOfDocuments: Plugin = {
  name: "fonts-of-documents",
  async generateBundle() {
    for (const weight of ["400Regular", "500Medium", "700Bold"]) {
      const name = `NotoSansSC_${weight}.ttf`;
      const source = await this.fs.readFile(`node_modules/@expo-google-fonts/noto-sans-sc/${weight}/${name}`);
      this.emitFile({ type: "asset", fileName: `fonts/${name}`, source });
    }
  },
};

export default defineConfig({
  base: "/static/",
  publicDir: "public",
  plugins: [onlyWoff2, fontsOfDocuments],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: { input: ["src/main.ts", "src/workbench.ts"] },
  },
});
