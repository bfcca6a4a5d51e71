/** Files that esbuild bundles as text: `import … with { type: 'text' }`. */
declare module '*/page/page.html' {
  const text: string;
  export default text;
}
declare module '*/page/page.css' {
  const text: string;
  export default text;
}
/** A module and all its imports, as the text of one browser script (lib/constructs/bundle-process.ts). */
declare module '*.ts?script' {
  const text: string;
  export default text;
}
