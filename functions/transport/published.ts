import { publish, type Outcome } from '../events/publish.ts';
import { allDone } from '../platform/all-done.ts';
import { answer } from './http.ts';

/** Publishes the events of a use, and runs its `settle` beside that. */
const publishing =
  ({ events, settle }: Outcome<unknown>) =>
  async (): Promise<void> => {
    await allDone([publish(events), settle?.()]);
  };

/** An answer with the result of a use, whose events are published. */
export const published = <const Status extends number, Result>(status: Status, outcome: Outcome<Result>) =>
  publishedAs(status, outcome.result, outcome);

/** An answer with another body than the result of a use, whose events are published. */
export const publishedAs = <const Status extends number, Body>(
  status: Status,
  body: Body,
  outcome: Outcome<unknown>,
) => answer(status, body, { afterwards: publishing(outcome) });

/** The answer to a frame, if there is one, and the events of a use, which are published beside it. */
export const publishedFrame = <Frame extends object = never>(outcome: Outcome<unknown>, frame?: Frame) => ({
  ...(frame === undefined ? {} : { frame }),
  afterwards: publishing(outcome),
});
