/** The attributes of a field for a code of the second factor. */
export const codeInput = {
  autocomplete: 'one-time-code',
  autocapitalize: 'none',
  spellcheck: false,
  maxLength: 64,
  required: true,
} as const;
