/**
 * Repeats an action while the page is visible, and runs it when the page becomes visible again.
 *
 * @param page the document
 * @param ms the interval in milliseconds
 * @returns a function that ends it
 */
export const repeatWhileVisible = (
  page: EventTarget & { readonly hidden: boolean },
  run: () => void,
  ms: number,
): (() => void) => {
  let timer: ReturnType<typeof setInterval> | undefined;
  const begin = (): void => {
    clearInterval(timer);
    if (!page.hidden) timer = setInterval(run, ms);
  };
  const change = (): void => {
    begin();
    if (!page.hidden) run();
  };
  begin();
  page.addEventListener('visibilitychange', change);
  return () => {
    clearInterval(timer);
    page.removeEventListener('visibilitychange', change);
  };
};
