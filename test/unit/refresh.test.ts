import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hash } from 'bcryptjs';
import { REFRESH_GRACE_SECONDS, REFRESH_SUCCESSORS_MAX, limits } from '../../functions/contract/limits.ts';
import { changePassword, type PasswordEffects } from '../../functions/users/change-password.ts';
import { logOut } from '../../functions/sessions/log-out.ts';
import { passwordFingerprint } from '../../functions/users/password-fingerprint.ts';
import { hashSecret, newRefreshToken } from '../../functions/sessions/refresh-tokens.ts';
import { refreshSession, type RefreshEffects } from '../../functions/sessions/refresh-session.ts';
import { endSession } from '../../functions/sessions/end-session.ts';
import { endSessionOfToken, endSessions } from '../../functions/sessions/end-sessions.ts';
import { startSession } from '../../functions/sessions/start-session.ts';
import { createFakeSessions } from '../support/fake-sessions.ts';

const ada = { userId: 7, username: 'ada' };

/** A service with Ada's account only, and a clock that the test moves. */
const createService = () => {
  const { rows, sessions } = createFakeSessions();
  const account = { isActive: true, passwordHash: 'a hash', suspendedUntil: null as Date | null };
  const closed: string[] = [];
  let seconds = 1_000_000;
  const clock = () => new Date(seconds * 1000);
  /** The sessions that have a connection. */
  const connected = new Set<string>();
  const endConnections = async (userId: number, sessionIds: readonly string[] | null): Promise<void> => {
    closed.push(...(sessionIds ?? []).filter((id) => userId === ada.userId && connected.has(id)));
  };
  const effects: RefreshEffects = {
    sessions,
    users: {
      confirmAccess: async (_, fingerprints) =>
        account.isActive && fingerprints.includes(passwordFingerprint(account.passwordHash)),
      findSuspendedUntil: async () => account.suspendedUntil,
    },
    clock,
    assertRateLimit: async () => undefined,
    issueAccessToken: async () => 'an access token',
    endConnections,
  };
  return {
    rows,
    sessions,
    account,
    closed,
    effects,
    clock,
    endConnections,
    wait: (more: number) => {
      seconds += more;
    },
    start: async () => {
      const session = await startSession(ada, account.passwordHash, 'an agent', { sessions, clock });
      connected.add(session.sessionId);
      return session;
    },
    refresh: async (token: string) => (await refreshSession(token, effects)).refresh_token,
    logOut: (token: string) =>
      logOut(token, {
        endSessionOfToken: (text) => endSessionOfToken(text, { sessions, clock }),
        endConnections,
      }),
  };
};

const invalid = { code: 'invalid_refresh_token' };
const reused = { code: 'refresh_token_reused' };

suite('a refresh token that was rotated away last', () => {
  test('is good for a minute, and then ends its family', async () => {
    for (const [seconds, isGood] of [
      [REFRESH_GRACE_SECONDS - 0.001, true],
      [REFRESH_GRACE_SECONDS, false],
    ] as const) {
      const service = createService();
      const { sessionId, refreshToken } = await service.start();
      await service.refresh(refreshToken);
      service.wait(seconds);
      if (isGood) {
        await service.refresh(await service.refresh(refreshToken));
        assert.deepEqual(service.closed, []);
      } else {
        await assert.rejects(service.refresh(refreshToken), reused);
        assert.deepEqual([service.rows.size, service.closed], [0, [sessionId]]);
      }
    }
  });

  test('is good no longer once a successor of it was used', async () => {
    const service = createService();
    const { refreshToken } = await service.start();
    const [, second] = [await service.refresh(refreshToken), await service.refresh(refreshToken)];
    await service.refresh(second);
    await assert.rejects(service.refresh(refreshToken), reused);
    assert.equal(service.rows.size, 0);
  });

  test('is good as often as tabs ask, and no more often than that', async () => {
    const service = createService();
    const { refreshToken } = await service.start();
    const successors: string[] = [];
    for (let n = 0; n < REFRESH_SUCCESSORS_MAX; n += 1) successors.push(await service.refresh(refreshToken));
    assert.equal(new Set(successors).size, REFRESH_SUCCESSORS_MAX);
    await assert.rejects(service.refresh(refreshToken), { code: 'rate_limited' });
    await service.refresh(successors.at(-1) ?? '');
  });
});

suite('of several successors', () => {
  test('each goes on, when they are used within a minute of each other', async () => {
    const service = createService();
    const { refreshToken } = await service.start();
    let tabs = [await service.refresh(refreshToken), await service.refresh(refreshToken)];
    for (let round = 0; round < 5; round += 1) {
      service.wait(1700);
      const [one = '', other = ''] = tabs;
      const next = await service.refresh(one);
      service.wait(REFRESH_GRACE_SECONDS - 1);
      tabs = [await service.refresh(other), next];
    }
    assert.equal(service.rows.size, 1);
  });

  test('the one that comes later than that shows that there are two holders', async () => {
    const service = createService();
    const { refreshToken } = await service.start();
    const [owners, thiefs] = [await service.refresh(refreshToken), await service.refresh(refreshToken)];
    service.wait(1700);
    await service.refresh(owners);
    service.wait(REFRESH_GRACE_SECONDS);
    await assert.rejects(service.refresh(thiefs), reused);
    assert.equal(service.rows.size, 0);
  });
});

suite('what no session issued', () => {
  /** Texts that differ from a token a little, in every place. */
  const forgeriesOf = (token: string, others: readonly string[]): string[] => {
    const parts = token.split('.');
    const alphabet = 'ABQgwxz019-_.+= ';
    return [
      ...Array.from(token, (_, index) =>
        Array.from(alphabet, (character) => token.slice(0, index) + character + token.slice(index + 1)),
      ).flat(),
      ...Array.from(token, (_, length) => token.slice(0, length)),
      ...Array.from(token, (_, index) => token.slice(0, index) + token.slice(index + 1)),
      ...others.flatMap((other) =>
        parts.map((_, index) => parts.toSpliced(index, 1, other.split('.')[index] ?? '').join('.')),
      ),
      ...['.', ' ', '=', 'A', '\n', '\u0000'].flatMap((more) => [token + more, more + token]),
      token.toUpperCase(),
      `${parts[0]}.${parts[1]}.${'x'.repeat(43)}`,
    ].filter((text) => text !== token && !others.includes(text));
  };

  test('changes nothing, whichever character is wrong', async () => {
    const service = createService();
    const { refreshToken: old } = await service.start();
    const token = await service.refresh(old);
    const others = [await service.start(), await service.start()].map(({ refreshToken }) => refreshToken);
    const before = structuredClone([...service.rows]);
    for (const text of [...forgeriesOf(token, [...others, old]), ...forgeriesOf(old, [...others, token])]) {
      await assert.rejects(service.refresh(text), invalid, text);
      await service.logOut(text);
    }
    assert.deepEqual([[...service.rows], service.closed], [before, []]);
    await service.refresh(token);
  });

  test('does not get in, though it be made by someone who reads the store', async () => {
    const service = createService();
    const { sessionId, refreshToken } = await service.start();
    await service.refresh(refreshToken);
    const row = service.rows.get(sessionId);
    assert.ok(row !== undefined);
    for (const generation of [row.generation, row.generation - 1, row.generation + 1]) {
      await assert.rejects(service.refresh(newRefreshToken(row, generation).token), invalid);
    }
    assert.ok(!row.current.concat(row.previous).includes(refreshToken.split('.')[3] ?? ''));
    assert.ok(row.previous.includes(hashSecret(refreshToken.split('.')[3] ?? '')));
    assert.equal(service.rows.size, 1);
  });
});

suite('a session', () => {
  test('ends by any of its tokens, old ones too', async () => {
    const service = createService();
    const { sessionId, refreshToken: first } = await service.start();
    await service.refresh(await service.refresh(first));
    await service.logOut(first);
    assert.deepEqual([service.rows.size, service.closed], [0, [sessionId]]);
    await service.logOut(first);
    await assert.rejects(service.refresh(first), invalid);
  });

  test('closes its connections by a repeated request when the first one failed half-way', async () => {
    const service = createService();
    const { sessionId, refreshToken } = await service.start();
    const other = await service.start();
    await service.sessions.remove({ userId: ada.userId, sessionId });
    await service.logOut(refreshToken);
    assert.deepEqual(service.closed, [sessionId]);
    const again = endSession(ada, sessionId, service);
    await assert.rejects(again, { code: 'session_not_found' });
    assert.deepEqual(service.closed, [sessionId, sessionId]);
    await endSession(ada, other.sessionId, service);
    assert.deepEqual([service.closed.at(-1), service.rows.size], [other.sessionId, 0]);
  });

  test('runs out when it was not refreshed for so long', async () => {
    const service = createService();
    const { refreshToken } = await service.start();
    service.wait(limits.refresh_token_seconds - 1);
    const next = await service.refresh(refreshToken);
    service.wait(limits.refresh_token_seconds);
    await assert.rejects(service.refresh(next), invalid);
  });

  test('of another password, or of an account that is gone, is not refreshed but ended', async () => {
    for (const change of [{ isActive: false }, { passwordHash: 'another hash' }]) {
      const service = createService();
      const { sessionId, refreshToken } = await service.start();
      Object.assign(service.account, change);
      await assert.rejects(service.refresh(refreshToken), invalid);
      assert.deepEqual([service.rows.size, service.closed], [0, [sessionId]]);
    }
  });

  test('of a suspended account is refused, and good again with the same token when that is over', async () => {
    // The mark on the session, which may be missing, and what MySQL says.
    for (const isMarked of [true, false]) {
      const service = createService();
      const { sessionId, refreshToken } = await service.start();
      const until = new Date(1_000_000_000 + 60_000);
      const marked = isMarked ? until.getTime() / 1000 : 0;
      await service.sessions.setSuspendedUntil(ada.userId, [sessionId], marked);
      service.account.suspendedUntil = isMarked ? null : until;
      service.account.isActive = isMarked;
      await assert.rejects(service.refresh(refreshToken), {
        code: 'account_suspended',
        message: `This account is suspended until ${until.toISOString()}.`,
      });
      assert.deepEqual([service.rows.size, service.closed], [1, []], 'it loses nothing');
      service.wait(61);
      service.account.isActive = true;
      await service.refresh(refreshToken);
    }
  });

  test('that changes the password is refreshed at any moment of that', async () => {
    const service = createService();
    const cheapHash = await hash('correct horse', 4);
    service.account.passwordHash = cheapHash;
    const { sessionId, refreshToken } = await service.start();
    const other = await service.start();
    let token = refreshToken;
    const refreshBeside = async (): Promise<void> => {
      token = await service.refresh(token);
    };
    const effects: PasswordEffects = {
      withinPasswordLimit: (_, run) => run(),
      users: {
        findPasswordHash: async () => service.account.passwordHash,
        setPasswordHash: async (_, { from, to }) => {
          await refreshBeside();
          if (service.account.passwordHash !== from) return false;
          service.account.passwordHash = to;
          await refreshBeside();
          return true;
        },
      },
      sessions: {
        addPassword: async (key, fingerprint) => {
          await refreshBeside();
          return service.sessions.addPassword(key, fingerprint);
        },
        removePassword: async (key, fingerprint) => {
          await refreshBeside();
          await service.sessions.removePassword(key, fingerprint);
          await refreshBeside();
        },
      },
      endSessions: (userId, exceptId, newHash) => endSessions(userId, exceptId, newHash, service),
      endConnections: service.endConnections,
    };
    const actor = { ...ada, sessionId, tokenExpiresAt: 0 };
    const input = { current_password: 'correct horse', new_password: 'battery staple' };
    await changePassword(actor, input, effects);
    assert.deepEqual(service.closed, [other.sessionId]);
    assert.deepEqual(service.rows.get(sessionId)?.passwords, [
      passwordFingerprint(service.account.passwordHash),
    ]);
    service.account.passwordHash = cheapHash;
    await assert.rejects(
      changePassword({ ...actor, sessionId: other.sessionId }, input, {
        ...effects,
        sessions: service.sessions,
      }),
      { code: 'session_revoked' },
      'a session that has ended changes no password',
    );
    assert.equal(service.account.passwordHash, cheapHash);
  });
});
