try {
  const theme = localStorage.getItem('chat.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // A browser that keeps nothing shows its own theme.
}
