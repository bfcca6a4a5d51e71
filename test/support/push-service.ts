import { EventEmitter, on } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { randomUUID } from 'node:crypto';
import { decrypt } from 'http_ece';
import { closeNow, listen } from '../../lib/local/listening.ts';
import type { PushPayload } from '../../functions/notifications/to-push.ts';
import { newSubscription, type Subscription } from './devices.ts';

const folder = join(import.meta.dirname, 'push-authority');

/** The certificate of the authority that signed the certificate of the push service: for `NODE_EXTRA_CA_CERTS`. */
const pushAuthority = join(folder, 'authority.pem');

/** The environment of a service that sends push messages to the tests' push services. */
export const pushEnvironment = {
  NODE_EXTRA_CA_CERTS: pushAuthority,
  PUSH_HOSTS: 'localhost',
  // Tests must not wait for the default of ten seconds.
  PUSH_HOLD_SECONDS: '1',
} as const;

/** A push message that the push service has received. */
export interface ReceivedPush {
  /** In ms of `performance.now()`. */
  readonly at: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: number;
  readonly payload: PushPayload;
}

/** The response of the push service; by default it accepts the push. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A device at the service. */
export interface FakeDevice extends Subscription {
  /** All requests for this device, including refused ones. */
  readonly requests: ReceivedPush[];
  /** The accepted requests for this device. */
  readonly pushes: ReceivedPush[];
  /** The responses to the next requests, in order. */
  readonly answers: Answer[];
  /** Waits until the device has received this many requests. */
  requested(count: number): Promise<ReceivedPush[]>;
  /** Waits until the condition holds; evaluates it after each request for any device. */
  until(holds: () => boolean): Promise<void>;
}

export interface FakePushService {
  readonly origin: string;
  newDevice(): FakeDevice;
  stop(): Promise<void>;
}

/**
 * A push service over TLS that decrypts what it receives as a browser does, by code that is independent of the sender's
 * (`http_ece`).
 */
export const startPushService = async ({
  beforeAnswer = () => Promise.resolve(),
}: {
  /** Called when the service has received a push, and before it responds. */
  readonly beforeAnswer?: () => Promise<void>;
} = {}): Promise<FakePushService> => {
  const devices = new Map<string, FakeDevice>();
  const arrivals = new EventEmitter();
  arrivals.setMaxListeners(0);
  const server = createServer(
    {
      key: readFileSync(join(folder, 'service-key.pem')),
      cert: readFileSync(join(folder, 'service.pem')),
    },
    (request, response) => {
      const at = performance.now();
      const receive = async (): Promise<void> => {
        const body = await buffer(request);
        const device = devices.get(request.url ?? '');
        if (device === undefined) {
          response.writeHead(404).end();
          return;
        }
        const { ecdh, keys } = device;
        const text = decrypt(body, { version: 'aes128gcm', privateKey: ecdh, authSecret: keys.auth });
        const push: ReceivedPush = {
          at,
          headers: request.headers,
          bytes: body.length,
          payload: JSON.parse(text.toString('utf8')) as PushPayload,
        };
        const { status, headers } = device.answers.shift() ?? { status: 201 };
        device.requests.push(push);
        if (status === 201) device.pushes.push(push);
        arrivals.emit('request');
        await beforeAnswer();
        response.writeHead(status, headers).end();
      };
      receive().catch((error: unknown) => response.writeHead(400).end(String(error)));
    },
  );
  const port = await listen(server, 0, '127.0.0.1');
  const origin = `https://localhost:${port}`;
  return {
    origin,
    newDevice: () => {
      const path = `/push/${randomUUID()}`;
      const requests: ReceivedPush[] = [];
      const device: FakeDevice = {
        ...newSubscription(origin + path),
        requests,
        pushes: [],
        answers: [],
        requested: async (count) => {
          await device.until(() => requests.length >= count);
          return requests;
        },
        until: async (holds) => {
          const arrived = on(arrivals, 'request');
          while (!holds()) await arrived.next();
          await arrived.return?.();
        },
      };
      devices.set(path, device);
      return device;
    },
    stop: () => closeNow(server),
  };
};
