import type { VNode } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';
import { ChatError } from '../../client/chat-client.ts';
import { sentenceOf, sentenceOfIssue } from '../model/sentences.ts';
import { Alert, Eye, EyeOff } from './icons.tsx';

type Errors = Readonly<Record<string, string>>;

/** Messages for errors that concern one field, by error code. */
const refusals: Readonly<Record<string, Errors>> = {
  username_taken: { username: 'This username is taken.' },
  wrong_password: { current_password: 'This is not your password.' },
  email_taken: { email: 'There is an account with this e-mail address.' },
  invalid_totp: {
    code: 'This code is wrong, or was used before. Wait for the next one, or take a recovery code.',
  },
};

/** The messages for an error, by field; the empty key stands for the form as a whole. */
const errorsOf = (error: unknown, ownRefusals: Readonly<Record<string, Errors>>): Errors => {
  if (error instanceof ChatError) {
    const refusal = ownRefusals[error.code] ?? refusals[error.code];
    if (refusal !== undefined) return refusal;
    if (error.errors.length > 0) {
      // Of several issues of one field, the first one is shown.
      return Object.fromEntries(
        error.errors.toReversed().map(({ path, message }) => [path, sentenceOfIssue(message)]),
      );
    }
    if (error.status === 429 && error.retryAfter !== undefined) {
      return { '': `Too many attempts. Try again in ${Math.ceil(error.retryAfter / 60)} min.` };
    }
  }
  return { '': sentenceOf(error) };
};

/**
 * Gives the focus to a field when it is inserted: browsers honour `autofocus` only for the first such field of a
 * document.
 */
export const focusNew = (element: HTMLElement | null): void => element?.focus();

/** Access to a form's fields by name; `trimmed` removes surrounding white space. */
export interface Values {
  readonly text: (name: string) => string;
  readonly trimmed: (name: string) => string;
}

/**
 * A form that shows each of the service's errors beside the field that it concerns.
 *
 * @param run submits the form. @returns a success message, if there is one
 * @param ownRefusals this form's messages for errors that concern one field, by error code
 */
export const useForm = (
  run: (values: Values) => Promise<string | void>,
  ownRefusals: Readonly<Record<string, Errors>> = {},
) => {
  const form = useRef<HTMLFormElement>(null);
  const prefix = useId();
  const [busy, setBusy] = useState(false);
  const [errors, setErrors] = useState<Errors>({});
  const [done, setDone] = useState<string>();
  /** The names of the password fields whose contents are visible. */
  const [shown, setShown] = useState<ReadonlySet<string>>(new Set());

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const data = new FormData(form.current ?? undefined);
    const text = (name: string): string => {
      const value = data.get(name);
      return typeof value === 'string' ? value : '';
    };
    setBusy(true);
    setErrors({});
    setDone(undefined);
    // Hides passwords before submission: browsers remember the values of text fields, but never those of password
    // fields.
    setShown(new Set());
    try {
      const doneMessage = await run({ text, trimmed: (name) => text(name).trim() });
      if (typeof doneMessage === 'string') {
        form.current?.reset();
        setDone(doneMessage);
      }
    } catch (error) {
      const found = errorsOf(error, ownRefusals);
      setErrors(found);
      const all = [
        ...(form.current?.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, textarea') ?? []),
      ];
      // An error without a field most often concerns the last input, the password.
      (all.find(({ name }) => name !== '' && name in found) ?? all.at(-1))?.focus();
    } finally {
      setBusy(false);
    }
  };

  const field = (name: string, label: string, attributes: object, hint?: string): VNode => {
    const error = errors[name];
    const described = error ?? hint;
    const isPassword = 'type' in attributes && attributes.type === 'password';
    const isShown = shown.has(name);
    // A field with `rows` has several lines.
    const Field = 'rows' in attributes ? 'textarea' : 'input';
    return (
      <div class="field">
        <label id={`${prefix}-label-${name}`} for={`${prefix}-${name}`}>
          {label}
        </label>
        <span class="input-row">
          <Field
            id={`${prefix}-${name}`}
            name={name}
            aria-invalid={error !== undefined}
            {...(described === undefined ? {} : { 'aria-describedby': `${prefix}-about-${name}` })}
            {...attributes}
            {...('autofocus' in attributes ? { ref: focusNew } : {})}
            {...(isPassword && isShown ? { type: 'text', autocapitalize: 'none', spellcheck: false } : {})}
          />
          {isPassword && (
            <button
              type="button"
              class="icon-button"
              aria-label="Show what is typed"
              aria-describedby={`${prefix}-label-${name}`}
              title={isShown ? 'Hide the password' : 'Show the password'}
              aria-pressed={isShown}
              onClick={() =>
                setShown(new Set(isShown ? [...shown].filter((one) => one !== name) : [...shown, name]))
              }
            >
              {isShown ? <EyeOff /> : <Eye />}
            </button>
          )}
        </span>
        {described !== undefined && (
          <p id={`${prefix}-about-${name}`} class={error === undefined ? 'hint' : 'field-error'}>
            {described}
          </p>
        )}
      </div>
    );
  };

  return {
    /** Attributes of the `form` element. */
    attributes: { ref: form, onSubmit: (event: Event) => void submit(event), noValidate: true },
    field,
    busy,
    hasErrors: Object.keys(errors).length > 0,
    /** The success message, or the error of the form as a whole. */
    message:
      errors[''] === undefined ? (
        done !== undefined && (
          <p class="form-message" role="status">
            {done}
          </p>
        )
      ) : (
        <p class="form-message error" role="alert">
          <Alert /> {errors['']}
        </p>
      ),
    forgive: (): void => setErrors({}),
  };
};
