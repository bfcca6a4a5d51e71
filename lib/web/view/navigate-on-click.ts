/** Navigates within the page on a click of a link; with a modifier key the browser keeps its default behaviour. */
export const navigateOnClick = (event: MouseEvent, go: () => void): void => {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  go();
};
