import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, test, type TestContext } from 'node:test';
import { limits } from '../../functions/contract/limits.ts';
import { hashAccountToken } from '../../functions/email/account-tokens.ts';
import { forgotPassword } from '../../functions/email/forgot-password.ts';
import type { MailRequest } from '../../functions/email/mail-request.ts';
import { writeMail } from '../../functions/email/mail-texts.ts';
import { sendAccountMail, type SendAccountMailEffects } from '../../functions/email/send-account-mail.ts';
import { createMailService, type Mail } from '../../functions/gateways/mail-service.ts';
import { requestVerification } from '../../functions/email/request-verification.ts';
import {
  withinForgottenLimits,
  withinRecipientLimit,
  withinVerificationLimit,
} from '../../functions/rate-limits/mail-limits.ts';
import type { RateLimitEffects } from '../../functions/rate-limits/live.ts';
import { StoreUnavailableError } from '../../functions/platform/store-unavailable.ts';
import type { Principals } from '../../lib/local/iam/role-policies.ts';
import { startMailService } from '../../lib/local/mail-service.ts';

const ada = { userId: 7, username: 'ada', email: 'ada@example.org' };
const now = new Date(1_700_000_000_000);

/** Stores and a mail service in memory, which know one user, and record all calls. */
const fakes = (change: Partial<SendAccountMailEffects> = {}) => {
  const asked: string[] = [];
  const stored: { purpose: string; hash: string; expiresAt: Date }[] = [];
  const sent: Mail[] = [];
  const effects: SendAccountMailEffects = {
    tokens: {
      findUnverified: async (id) => (id === ada.userId ? ada : undefined),
      findByEmail: async (email) => (email === ada.email ? ada : undefined),
      put: async (_, token) => {
        stored.push(token);
        return true;
      },
    },
    withinLimit: async (email, send) => {
      asked.push(email);
      return send();
    },
    mails: () => ({ send: async (mail) => void sent.push(mail) }),
    pageUrl: () => 'https://chat.example.org/',
    clock: () => now,
    ...change,
  };
  return { asked, stored, sent, effects };
};

suite('a mail with a token', () => {
  const requests = [
    [{ kind: 'verification', user_id: 7 }, '/verify', 24],
    [{ kind: 'reset', email: ada.email }, '/reset', 1],
  ] as const;
  for (const [request, path, hours] of requests) {
    test(`of the kind ${request.kind} has the token whose hash is stored, for ${hours} h`, async () => {
      const { stored, sent, effects } = fakes();
      assert.equal(await sendAccountMail(request, effects), 'sent');
      const [token] = stored;
      assert.equal(token?.expiresAt.getTime(), now.getTime() + hours * 3_600_000);
      const links = sent[0]?.text.match(/https?:\S+/g) ?? [];
      assert.equal(links.length, 1);
      const link = new URL(links[0] ?? '');
      assert.equal(link.origin + link.pathname, `https://chat.example.org${path}`);
      assert.equal(hashAccountToken(link.searchParams.get('token') ?? ''), token?.hash);
    });
  }

  test('is for nobody when nobody has the address, or it is confirmed', async () => {
    const unknown: MailRequest[] = [
      { kind: 'reset', email: 'nobody@example.org' },
      { kind: 'verification', user_id: 8 },
    ];
    for (const request of unknown) {
      const { stored, sent, effects } = fakes();
      assert.equal(await sendAccountMail(request, effects), 'nobody');
      assert.deepEqual([stored, sent], [[], []]);
    }
  });

  test('replaces no token when it is not sent', async () => {
    const reset = { kind: 'reset', email: ada.email } as const;
    const full = fakes({ withinLimit: async () => undefined });
    assert.equal(await sendAccountMail(reset, full.effects), 'too_many');
    const off = fakes({ mails: () => undefined });
    assert.equal(await sendAccountMail(reset, off.effects), 'off');
    assert.deepEqual([full.stored, off.stored, off.asked], [[], [], []]);
  });

  test('fails when it is not taken, so that it is sent again, with another token', async () => {
    let attempts = 0;
    const { stored, effects } = fakes({
      mails: () => ({
        send: async () => {
          attempts += 1;
          if (attempts === 1) throw new Error('SES answered 429');
        },
      }),
    });
    const reset = { kind: 'reset', email: ada.email } as const;
    await assert.rejects(sendAccountMail(reset, effects), /429/);
    assert.equal(await sendAccountMail(reset, effects), 'sent');
    assert.equal(new Set(stored.map(({ hash }) => hash)).size, 2);
  });

  test('shows names as text', () => {
    const { html } = writeMail(
      'reset',
      { email: ada.email, username: '<b>&"' },
      'x',
      'https://chat.example.org',
    );
    assert.ok(html.includes('Hello &lt;b&gt;&amp;&quot;,'));
  });

  test('lead nowhere but to the page, whatever a stranger is called who gives somebody’s address', () => {
    const to = { email: ada.email, username: 'Win-1000-EUR.evil.example' };
    const { text, html } = writeMail('verification', to, 'x', 'https://chat.example.org');
    assert.ok(text.startsWith('Hello,\n'));
    assert.ok(!`${text}${html}`.includes('evil.example'));
  });
});

test('a forgotten password takes the same steps, whoever has the address, and counts it in any case', async () => {
  const stepsOf = async (email: string): Promise<string[]> => {
    const steps: string[] = [];
    const rateLimits = {
      take: async (key: string, { max }: { max: number }) => {
        steps.push(`take ${key.split('#')[0]} ${max}`);
        keys.add(key);
        return 0;
      },
      giveBack: async () => undefined,
      clear: async () => undefined,
      takeStep: async () => 0,
      usedUpFor: () => 0,
    };
    await forgotPassword(email, '127.0.0.1', {
      withinLimits: (given, address, request) =>
        withinForgottenLimits(given, address, request, { rateLimits, clock: () => now, areOn: () => true }),
      requestMail: async ({ kind }) => void steps.push(`request ${kind}`),
    });
    return steps;
  };
  const keys = new Set<string>();
  const [known, unknown] = [await stepsOf(ada.email), await stepsOf('nobody@example.org')];
  assert.deepEqual(known, [
    `take forgotten-address ${limits.forgotten_passwords_per_address}`,
    `take forgotten ${limits.mails_asked_per_hour}`,
    'request reset',
  ]);
  assert.deepEqual(unknown, known);
  const before = keys.size;
  await stepsOf('ADA@Example.Org');
  assert.equal(keys.size, before);
  for (const key of keys) assert.ok(!key.includes('@'));
});

suite('a mail that could not be queued or sent', () => {
  /** Limits in memory, and a service that is away for as many calls as an address may get mails. */
  const newScene = () => {
    const counts = new Map<string, number>();
    const effects: RateLimitEffects = {
      rateLimits: {
        take: async (key, { max }) => {
          const count = (counts.get(key) ?? 0) + 1;
          if (count > max) return 3600;
          counts.set(key, count);
          return 0;
        },
        giveBack: async (key) => void counts.set(key, (counts.get(key) ?? 0) - 1),
        clear: async () => undefined,
        takeStep: async () => 0,
        usedUpFor: () => 0,
      },
      clock: () => now,
      areOn: () => true,
    };
    let calls = 0;
    const call = async (): Promise<void> => {
      calls += 1;
      if (calls <= limits.mails_per_recipient) throw new StoreUnavailableError('lambda', undefined);
    };
    return { effects, call };
  };

  const routes: Readonly<Record<string, (scene: ReturnType<typeof newScene>) => Promise<void>>> = {
    'a forgotten password': ({ effects, call }) =>
      forgotPassword(ada.email, '192.0.2.1', {
        withinLimits: (email, address, request) => withinForgottenLimits(email, address, request, effects),
        requestMail: call,
      }),
    'a verification': ({ effects, call }) =>
      requestVerification(ada.userId, {
        withinLimit: (userId, request) => withinVerificationLimit(userId, request, effects),
        requestMail: call,
      }),
  };
  for (const [name, ask] of Object.entries(routes)) {
    test(`is none of those that ${name} may request in an hour`, async () => {
      const scene = newScene();
      for (let n = 0; n < limits.mails_per_recipient; n += 1) {
        await assert.rejects(ask(scene), StoreUnavailableError);
      }
      for (let n = 0; n < limits.mails_asked_per_hour; n += 1) await ask(scene);
      await assert.rejects(ask(scene), { code: 'rate_limited', retryAfter: 3600 });
    });
  }

  test('is none of those that an address may get in an hour', async () => {
    const { effects: limited, call } = newScene();
    const { effects } = fakes({
      withinLimit: (email, send) => withinRecipientLimit(email, send, limited),
      mails: () => ({ send: call }),
    });
    const reset = { kind: 'reset', email: ada.email } as const;
    for (let n = 0; n < limits.mails_per_recipient; n += 1) {
      await assert.rejects(sendAccountMail(reset, effects), StoreUnavailableError);
    }
    for (let n = 0; n < limits.mails_per_recipient; n += 1) {
      assert.equal(await sendAccountMail(reset, effects), 'sent');
    }
    assert.equal(await sendAccountMail(reset, effects), 'too_many');
  });
});

suite('the local SES', () => {
  const open = async (t: TestContext) => {
    const directory = join(mkdtempSync(join(tmpdir(), 'chat-service-mail-')), 'mail');
    const statements = [
      {
        Effect: 'Allow',
        Action: 'ses:SendEmail',
        Resource: ['identity/chat.example.org', 'configuration-set/chat'].map(
          (name) => `arn:aws:ses:eu-central-1:000000000000:${name}`,
        ),
        Condition: { StringEquals: { 'ses:FromAddress': 'no-reply@chat.example.org' } },
      },
    ];
    const principals: Principals = new Map([['SENDER', { functionName: 'sender', statements }]]);
    const ses = await startMailService({
      directory,
      host: '127.0.0.1',
      region: 'eu-central-1',
      account: '000000000000',
      principals,
    });
    t.after(async () => {
      await ses.stop();
      rmSync(join(directory, '..'), { recursive: true, force: true });
    });
    process.env['AWS_ACCESS_KEY_ID'] = 'SENDER';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
    const sender = (from = 'no-reply@chat.example.org', configurationSet = 'chat') =>
      createMailService({ from, configurationSet }, { region: 'eu-central-1', endpoint: ses.url });
    return { directory, ses, sender };
  };
  const mail = { to: 'ada@example.org', subject: 'Ein Gruß', text: 'Hallo\n🦋', html: '<p>Hallo</p>' };

  test('writes each mail to a file, whole and in order', async (t) => {
    const { directory, sender } = await open(t);
    for (let n = 0; n < 3; n += 1) await sender().send({ ...mail, subject: `Mail ${n}` });
    const names = readdirSync(directory).toSorted();
    assert.ok(
      names.every((name) => /^[^.].*\.json$/.test(name)),
      names.join(),
    );
    const read = (name: string): unknown => JSON.parse(readFileSync(join(directory, name), 'utf8'));
    assert.deepEqual(
      names.map(read),
      [0, 1, 2].map((n) => ({ ...mail, subject: `Mail ${n}`, from: 'no-reply@chat.example.org' })),
    );
  });

  test('refuses what the role of the function does not allow, and says nothing of the mail', async (t) => {
    const { directory, ses, sender } = await open(t);
    for (const other of [
      sender('boss@chat.example.org'),
      sender('no-reply@example.org'),
      sender(undefined, 'x'),
    ]) {
      await assert.rejects(other.send(mail), { message: 'SES answered 403 AccessDeniedException' });
    }
    process.env['AWS_ACCESS_KEY_ID'] = 'SOMEBODY';
    await assert.rejects(sender().send(mail), { message: 'SES answered 403 UnrecognizedClientException' });
    process.env['AWS_ACCESS_KEY_ID'] = 'SENDER';
    await assert.rejects(sender().send({ ...mail, to: 'nobody' }), {
      message: 'SES answered 400 BadRequestException',
    });
    assert.equal((await fetch(`${ses.url}/v2/email/identities`)).status, 404);
    assert.deepEqual(readdirSync(directory), []);
  });
});
