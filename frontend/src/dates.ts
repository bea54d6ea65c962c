/** A civil date within a sentence, as pages say it: 2026年11月21日, 21 November 2026. `iso`: 2026-11-21. */
export function civil(iso: string, language: string): string {
  const [year = 0, month = 0, day = 0] = iso.split("-").map(Number);
  if (language.startsWith("zh")) return `${year}年${month}月${day}日`;
  const name = new Intl.DateTimeFormat("en-GB", { month: "long", timeZone: "UTC" }).format(new Date(Date.UTC(year, month - 1, day)));
  return `${day} ${name} ${year}`;
}
