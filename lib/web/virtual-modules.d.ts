declare module 'virtual:emoji-groups' {
  const groups: readonly { readonly name: string; readonly lines: string }[];
  export default groups;
}
