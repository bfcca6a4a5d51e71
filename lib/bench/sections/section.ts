import type { CloudUnderTest } from '../cloud-under-test.ts';
import type { SectionReport } from '../figures.ts';
import type { Floor } from '../floor.ts';

/** A browser's push subscription with the pushes that it received. */
export interface PushDevice {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** Times are in ms of `performance.now()`. */
  readonly pushes: readonly { readonly at: number; readonly payload: { readonly seq: number } }[];
  /** Waits until the condition holds; evaluates it after each push to any device. */
  until(holds: () => boolean): Promise<void>;
}

/** A push service that the measured clouds send to. */
export interface PushServiceUnderTest {
  newDevice(): PushDevice;
  stop(): Promise<void>;
}

/** The tools of a section. */
export interface BenchContext {
  /** The section's own cloud, started on the first call. */
  readonly cloud: () => Promise<CloudUnderTest>;
  /**
   * Measures the floor now: the speed of the machine varies, so every section measures the floor beside its own
   * figures.
   *
   * @param perSecond the rate of the load that the floor is compared with; without it, as fast as possible
   */
  readonly floor: (perSecond?: number) => Promise<Floor>;
  /** Starts a push service in this process; the caller stops it. */
  readonly pushService: () => Promise<PushServiceUnderTest>;
  readonly log: (line: string) => void;
  /** The duration of each load in seconds. */
  readonly seconds: number;
  /** The number of messages in the long chat of `history`. */
  readonly messages: number;
  /** The number of timed requests per route in `routes`. */
  readonly requests: number;
}

/** A section of `npm run bench`. */
export type Section = (context: BenchContext) => Promise<SectionReport>;
