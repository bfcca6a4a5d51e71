import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { TotpSecret } from '../../../functions/second-factor/contract.ts';
import { codeInput } from './code-input.ts';
import { CopyButton } from './copy-button.tsx';
import { usePreventClose } from './dialog.tsx';
import { useForm } from './form.tsx';
import { onDemand } from './on-demand.tsx';
import { useModel } from './use-model.ts';

const QrCode = onDemand(async () => (await import('./qr-code.tsx')).QrCode);

const currentPassword = { type: 'password', autocomplete: 'current-password', required: true } as const;

type Step =
  | { readonly of: 'rest' | 'password' | 'stopping' }
  | { readonly of: 'scanning'; readonly secret: TotpSecret }
  | { readonly of: 'keeping'; readonly codes: readonly string[] };

/** The settings of the second factor: set up, confirm by a code, turn off. */
export const TwoFactor = () => {
  const model = useModel();
  const step = useSignal<Step>({ of: 'rest' });
  const heading = useRef<HTMLHeadingElement>(null);
  const go = (next: Step): void => {
    step.value = next;
    // The focused button disappears with its step. A step that has a field moves the focus on to it.
    heading.current?.focus();
  };
  const rest = (): void => go({ of: 'rest' });
  const isOn = model.user.value?.totp_enabled === true;
  return (
    <section class="account-section" aria-labelledby="two-factor-title">
      <h3 id="two-factor-title" ref={heading} tabIndex={-1}>
        Second factor
      </h3>
      {step.value.of === 'rest' && (
        <>
          <p class="hint">
            {isOn
              ? 'It is on: logging in needs your password and a code from your authenticator app.'
              : 'Logging in then also needs a code from an app on your phone: your password alone is not enough.'}
          </p>
          <button
            type="button"
            class={isOn ? 'button danger' : 'button'}
            onClick={() => go({ of: isOn ? 'stopping' : 'password' })}
          >
            {isOn ? 'Turn off…' : 'Set up…'}
          </button>
        </>
      )}
      {step.value.of === 'password' && (
        <Begin onBegun={(secret) => go({ of: 'scanning', secret })} onCancel={rest} />
      )}
      {step.value.of === 'scanning' && (
        <Scan
          secret={step.value.secret}
          onConfirmed={(codes) => go({ of: 'keeping', codes })}
          onCancel={rest}
        />
      )}
      {step.value.of === 'keeping' && <RecoveryCodes codes={step.value.codes} onDone={rest} />}
      {step.value.of === 'stopping' && <Stop onDone={rest} />}
    </section>
  );
};

const Cancel = ({ onClick }: { readonly onClick: () => void }) => (
  <button type="button" class="button" onClick={onClick}>
    Cancel
  </button>
);

const Begin = (props: { readonly onBegun: (secret: TotpSecret) => void; readonly onCancel: () => void }) => {
  const model = useModel();
  const form = useForm(async ({ text }) => {
    props.onBegun(await model.api.startTotp(text('current_password')));
  });
  return (
    <form {...form.attributes} aria-label="Set up a second factor">
      {form.field('current_password', 'Current password', { ...currentPassword, autofocus: true })}
      {form.message}
      <div class="buttons">
        <button type="submit" class="button primary" disabled={form.busy}>
          Go on
        </button>
        <Cancel onClick={props.onCancel} />
      </div>
    </form>
  );
};

/** A secret in groups of four characters, which are easier to copy by hand. */
const inGroups = (secret: string): string => (secret.match(/.{1,4}/g) ?? []).join(' ');

/** There are no recovery codes yet. */
const refusals = {
  invalid_totp: { code: 'This code is wrong, or was used before. Wait for the next one.' },
} as const;

const Scan = (props: {
  readonly secret: TotpSecret;
  readonly onConfirmed: (codes: readonly string[]) => void;
  readonly onCancel: () => void;
}) => {
  const model = useModel();
  const { secret, otpauth_url } = props.secret;
  const form = useForm(async ({ trimmed }) => {
    const codes = await model.api.confirmTotp(trimmed('code'));
    props.onConfirmed(codes);
    void model.refreshUser();
  }, refusals);
  return (
    <form {...form.attributes} aria-label="Confirm the second factor">
      <p>
        Scan this with an authenticator app. On this phone, <a href={otpauth_url}>open the app</a>, or type
        the key by hand.
      </p>
      <QrCode text={otpauth_url} label="QR code with the key" />
      <p class="secret">
        <code>{inGroups(secret)}</code>
      </p>
      <div class="buttons">
        <CopyButton text={secret} label="Copy the key" />
      </div>
      {form.field(
        'code',
        'Code',
        { ...codeInput, inputMode: 'numeric' },
        'The six digits that the app shows.',
      )}
      {form.message}
      <div class="buttons">
        <button type="submit" class="button primary" disabled={form.busy}>
          Turn on
        </button>
        <Cancel onClick={props.onCancel} />
      </div>
    </form>
  );
};

/** The recovery codes, which cannot be shown again: only the button closes this step. */
const RecoveryCodes = (props: { readonly codes: readonly string[]; readonly onDone: () => void }) => {
  const model = useModel();
  const first = useRef<HTMLParagraphElement>(null);
  useEffect(() => first.current?.focus(), []);
  usePreventClose();
  const text = `Recovery codes of ${model.user.value?.username ?? ''} at ${location.host}. Each works once.\n\n${props.codes.join('\n')}\n`;
  const download = (): void => {
    const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = 'recovery-codes.txt';
    link.click();
    // By then the browser has begun to read the URL.
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };
  return (
    <>
      <p ref={first} tabIndex={-1}>
        <strong>It is on.</strong> Keep these codes where you find them without your phone: each takes the
        place of a code, once. They are not shown again.
      </p>
      <ol class="recovery-codes" aria-label="Recovery codes">
        {props.codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div class="buttons">
        <CopyButton text={text} label="Copy" />
        <button type="button" class="button" onClick={download}>
          Download
        </button>
        <button type="button" class="button primary" onClick={props.onDone}>
          I have saved them
        </button>
      </div>
    </>
  );
};

const Stop = ({ onDone }: { readonly onDone: () => void }) => {
  const model = useModel();
  const form = useForm(async ({ text, trimmed }) => {
    await model.api.stopTotp(text('current_password'), trimmed('code'));
    await model.refreshUser();
    onDone();
  });
  return (
    <form {...form.attributes} aria-label="Turn off the second factor">
      {form.field('current_password', 'Current password', { ...currentPassword, autofocus: true })}
      {form.field('code', 'Code', codeInput, 'What the app shows, or a recovery code.')}
      {form.message}
      <div class="buttons">
        <button type="submit" class="button danger" disabled={form.busy}>
          Turn off
        </button>
        <Cancel onClick={onDone} />
      </div>
    </form>
  );
};
