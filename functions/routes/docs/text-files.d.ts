/** Files that esbuild puts into a bundle as text: `import … with { type: 'text' }`. */
declare module '*/docs/page.html' {
  const text: string;
  export default text;
}
declare module '*/docs/page.css' {
  const text: string;
  export default text;
}
declare module '*/docs/page.js' {
  const text: string;
  export default text;
}
