/** Files that esbuild puts into a bundle as text: `import … with { type: 'text' }`. */
declare module '*/page/page.html' {
  const text: string;
  export default text;
}
declare module '*/page/page.css' {
  const text: string;
  export default text;
}
declare module '*/page/page.js' {
  const text: string;
  export default text;
}
