import { createHash } from 'node:crypto';
import { sql, type Kysely } from 'kysely';
import { inTransaction } from '../../platform/mysql/mysql.ts';
import type { Database } from '../../platform/mysql/schema.ts';

/** A device registered for push. */
export interface DeviceRow {
  readonly id: number;
  readonly user_id: number;
  readonly session_id: string;
  readonly kind: 'web_push' | 'fcm';
  readonly token: string;
  readonly p256dh: string | null;
  readonly auth: string | null;
  readonly name: string | null;
  readonly created_at: Date;
}

/** The outcome of registering a device. */
export interface Registered {
  readonly device: DeviceRow;
  readonly isNew: boolean;
  /** The previous user of the device, when it was another user. */
  readonly formerUserId: number | null;
}

/** A device to register. */
export interface NewDevice extends Omit<DeviceRow, 'id' | 'name'> {
  readonly name: string | null | undefined;
}

export interface DeviceStore {
  /**
   * Stores a device, or assigns a known device to this user and session. Removes the user's oldest devices beyond
   * `most`. Of concurrent calls with the same token the last one wins, and the device is stored once. A device that
   * already belongs to the user keeps its name when none is given.
   */
  register(device: NewDevice, most: number): Promise<Registered>;
  /** The devices of a user, newest first. */
  list(userId: number): Promise<DeviceRow[]>;
  count(userId: number): Promise<number>;
  /** Removes a device of a user. @returns whether it existed */
  remove(userId: number, id: number): Promise<boolean>;
  /** Removes those of the devices that still have the given token. */
  forget(devices: readonly Pick<DeviceRow, 'id' | 'token'>[]): Promise<void>;
  /** Devices with an id greater than `after`, by id, at most `limit`: for jobs. */
  walk(after: number, limit: number): Promise<DeviceRow[]>;
}

/** SHA-256 of a device's token, in hexadecimal. */
const tokenHash = (token: string): string => createHash('sha256').update(token).digest('hex');

const columns = [
  'id',
  'user_id',
  'session_id',
  'kind',
  'token',
  'p256dh',
  'auth',
  'name',
  'created_at',
] as const;

export const createDeviceStore = (db: () => Kysely<Database>): DeviceStore => ({
  register: (device, most) =>
    inTransaction(db(), async (transaction) => {
      const hash = tokenHash(device.token);
      // Takes the lock first, so that concurrent calls with the same token, each in its own transaction, wait for
      // each other here.
      const { rows } = await sql<{ id: number; user_id: number }>`
        SELECT id, user_id FROM devices WHERE token_hash = ${hash} FOR UPDATE`.execute(transaction);
      const [known] = rows;
      const { created_at: _, name, ...address } = device;
      const changed = { ...address, ...(name === undefined ? {} : { name }) };
      const whole = { ...device, name: name ?? null };
      if (known === undefined) {
        await transaction
          .insertInto('devices')
          .values({ ...whole, token_hash: hash })
          // Two concurrent calls may both have found none. The other one may be of another user, whose name for the
          // device must not be revealed.
          .onDuplicateKeyUpdate({ ...changed, name: whole.name })
          .execute();
      } else {
        await transaction
          .updateTable('devices')
          // Another user's device counts as newly created, with a new name.
          .set(known.user_id === device.user_id ? changed : whole)
          .where('id', '=', known.id)
          .execute();
      }
      const own = await transaction
        .selectFrom('devices')
        .select(columns)
        .where('user_id', '=', device.user_id)
        .orderBy('id', 'desc')
        .forUpdate()
        .execute();
      const stored = own.find(({ token }) => token === device.token);
      if (stored === undefined) throw new Error('The device that was registered is not there');
      const oldest = own
        .filter(({ id }) => id !== stored.id)
        .toSorted((a, b) => b.created_at.getTime() - a.created_at.getTime() || b.id - a.id)
        .slice(most - 1);
      if (oldest.length > 0) {
        await transaction
          .deleteFrom('devices')
          .where(
            'id',
            'in',
            oldest.map(({ id }) => id),
          )
          .execute();
      }
      return {
        device: stored,
        isNew: known === undefined,
        formerUserId: known === undefined || known.user_id === device.user_id ? null : known.user_id,
      };
    }),

  list: (userId) =>
    db().selectFrom('devices').select(columns).where('user_id', '=', userId).orderBy('id', 'desc').execute(),

  count: async (userId) => {
    const { total } = await db()
      .selectFrom('devices')
      .select(({ fn }) => fn.countAll<number>().as('total'))
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow();
    return total;
  },

  remove: async (userId, id) => {
    const { numDeletedRows } = await db()
      .deleteFrom('devices')
      .where('id', '=', id)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  },

  forget: async (devices) => {
    if (devices.length === 0) return;
    await db()
      .deleteFrom('devices')
      .where((eb) =>
        eb.or(
          devices.map(({ id, token }) =>
            eb.and([eb('id', '=', id), eb('token_hash', '=', tokenHash(token))]),
          ),
        ),
      )
      .execute();
  },

  walk: (after, limit) =>
    db().selectFrom('devices').select(columns).where('id', '>', after).orderBy('id').limit(limit).execute(),
});
