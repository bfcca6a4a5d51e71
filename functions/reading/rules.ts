/**
 * The position of a read mark after its owner has read up to `seq`: it only moves forward, and never past the chat's
 * end. MySQL's routine `mark_read_v2` implements the same rule: a test compares the two.
 *
 * @param mark the participant's `last_read_seq`
 * @param end the chat's `last_seq`
 */
export const advanceReadMark = ({ mark, end }: { mark: number; end: number }, seq: number): number =>
  Math.max(mark, Math.min(seq, end));
