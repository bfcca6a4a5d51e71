/**
 * Where a read mark is after its owner has read up to `seq`: it only ever moves forward, and never past the chat's end.
 * MySQL's routine `mark_read_v1` decides the same: a test holds it to this.
 *
 * @param mark the participant's `last_read_seq`
 * @param end the chat's `last_seq`
 */
export const markAfter = ({ mark, end }: { mark: number; end: number }, seq: number): number =>
  Math.max(mark, Math.min(seq, end));
