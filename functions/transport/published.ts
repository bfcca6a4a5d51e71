import { publish, type Outcome } from '../events/publish.ts';
import { allDone } from '../platform/all-done.ts';
import { answer } from './http.ts';

/** Tells of what a use changed, and brings the other stores to it. */
const publishing =
  ({ events, settle }: Outcome<unknown>) =>
  async (): Promise<void> => {
    await allDone([publish(events), settle?.()]);
  };

/** An answer with what a use returned, whose events are published. */
export const published = <const Status extends number, Result>(status: Status, outcome: Outcome<Result>) =>
  publishedAs(status, outcome.result, outcome);

/** An answer with another body than what the use returned; the use's events are published. */
export const publishedAs = <const Status extends number, Body>(
  status: Status,
  body: Body,
  outcome: Outcome<unknown>,
) => answer(status, body, { afterwards: publishing(outcome) });

/** The answer to a frame, if there is one; the use's events are published beside it. */
export const publishedFrame = <Frame extends object = never>(outcome: Outcome<unknown>, frame?: Frame) => ({
  ...(frame === undefined ? {} : { frame }),
  afterwards: publishing(outcome),
});
