/** Goes somewhere on the page by a link: with a modifier key, the browser does what it always does. */
export const follow = (event: MouseEvent, go: () => void): void => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go();
};
