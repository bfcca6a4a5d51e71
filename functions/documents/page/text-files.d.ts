/** Files that esbuild puts into a bundle as text: `import … with { type: 'text' }`. */
declare module '*/page/page.html' {
  const text: string;
  export default text;
}
declare module '*/page/page.css' {
  const text: string;
  export default text;
}
/** A module with all that it imports, as the text of one script for browsers (lib/constructs/bundle-process.ts). */
declare module '*.ts?script' {
  const text: string;
  export default text;
}
