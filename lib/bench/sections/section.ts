import type { CloudUnderTest } from '../cloud-under-test.ts';
import type { SectionReport } from '../figures.ts';
import type { Floor } from '../floor.ts';

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
