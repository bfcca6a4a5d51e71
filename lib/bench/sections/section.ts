import type { CloudUnderTest } from '../cloud-under-test.ts';
import type { SectionReport } from '../figures.ts';
import type { Floor } from '../floor.ts';

/** A browser's subscription, and what it was pushed. */
export interface PushDevice {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  /** Times are in ms of `performance.now()`. */
  readonly pushes: readonly { readonly at: number; readonly payload: { readonly seq: number } }[];
  /** Waits until it holds, looking again at whatever any device is pushed. */
  until(holds: () => boolean): Promise<void>;
}

/** A push service that the clouds under test may send to. */
export interface PushServiceUnderTest {
  newDevice(): PushDevice;
  stop(): Promise<void>;
}

/** What a section works with. */
export interface BenchContext {
  /** A cloud of the run's own, shared by its sections; started when it is first asked for. */
  readonly cloud: () => Promise<CloudUnderTest>;
  /**
   * The floor, measured now: the machine's speed swings, so every section measures it beside its own figures.
   *
   * @param perSecond the rate of the load that it is set beside; without one, as fast as it goes
   */
  readonly floor: (perSecond?: number) => Promise<Floor>;
  /** Starts a push service in this process; whoever asks stops it. */
  readonly pushService: () => Promise<PushServiceUnderTest>;
  readonly log: (line: string) => void;
  /** For how long each load goes on. */
  readonly seconds: number;
  /** How many messages the long chat of `history` has. */
  readonly messages: number;
  /** How often `routes` asks for each route. */
  readonly requests: number;
}

/** One of the benches that `npm run bench` runs. */
export type Section = (context: BenchContext) => Promise<SectionReport>;
