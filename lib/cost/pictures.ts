import type { Footprint } from './footprint.ts';
import type { Prices } from './prices-2026-11.ts';

/** What is taken for granted of pictures and of those who look at them. */
export const pictureAssumptions = {
  megabytes: 2,
  thumbnailKilobytes: 40,
  /** Of ten in a group, nine load the thumbnail and some open the picture; browsers keep both for two hours. */
  thumbnailViews: 9,
  pictureViews: 3,
  /** Edges of CloudFront that have to fetch an object from S3. */
  edges: 2,
  /** Pictures whose camera stored them turned, which are written anew. */
  turnedShare: 0.5,
  /** Of 12 megapixels, as `npm run bench -- files` shows them on two cores; completing waits for the decoder. */
  milliseconds: { 'create-attachment': 10, 'complete-attachment': 575, 'decode-image': 450 },
} as const;
export type PictureAssumptions = typeof pictureAssumptions;

/** What pictures cost: once, to come in and to be looked at, and each month that they stay. */
export interface PictureEstimate {
  readonly lines: readonly { readonly service: string; readonly of: string; readonly dollars: number }[];
  readonly once: number;
  readonly perMonth: number;
}

const MILLION = 1e6;

/**
 * The requests to S3 for one picture, as `complete-attachment` and `decode-image` make them: the form, the thumbnail that
 * is decoded and the copies of both are written; before that the upload is looked for, its head read, its whole decoded,
 * and the thumbnail looked for. A turned picture is written and looked for once more. Removals are free.
 */
const s3RequestsOf = (turnedShare: number): { readonly writes: number; readonly reads: number } => ({
  writes: 4 + turnedShare,
  reads: 4 + turnedShare,
});

/** Estimates what so many pictures cost. Pure arithmetic: everything that it knows is passed in. */
export const estimatePictures = (
  count: number,
  { memoryMb }: Pick<Footprint, 'memoryMb'>,
  { lambda, httpApi, s3, cloudFront }: Prices,
  using: PictureAssumptions,
): PictureEstimate => {
  const millions = (each: number, price: number): number => ((count * each) / MILLION) * price;
  const functions = Object.entries(using.milliseconds).map(([id, ms]) => {
    const memory = memoryMb.get(id);
    if (memory === undefined) throw new Error(`The stage has no function '${id}'`);
    return { gbSeconds: (memory / 1024) * (ms / 1000) };
  });
  const thumbnailGb = using.thumbnailKilobytes / MILLION;
  const pictureGb = using.megabytes / 1000;
  const { writes, reads } = s3RequestsOf(using.turnedShare);
  const views = using.thumbnailViews + using.pictureViews;
  const outGb = using.thumbnailViews * thumbnailGb + using.pictureViews * pictureGb;
  const lines = [
    {
      service: 'API Gateway',
      of: '2 requests each: begin, complete',
      dollars: millions(2, httpApi.perMillionRequests),
    },
    {
      service: 'Lambda',
      of: 'checking and decoding',
      dollars:
        millions(functions.length, lambda.perMillionRequests) +
        count * functions.reduce((sum, { gbSeconds }) => sum + gbSeconds, 0) * lambda.perGbSecond,
    },
    { service: 'S3', of: `${writes} writes each`, dollars: millions(writes, s3.perMillionWrites) },
    {
      service: 'S3',
      of: `${reads} reads each, ${2 * using.edges} of CloudFront`,
      dollars: millions(reads + 2 * using.edges, s3.perMillionReads),
    },
    {
      service: 'CloudFront',
      of: `${views} views each`,
      dollars: millions(views, cloudFront.perMillionRequests),
    },
    {
      service: 'CloudFront',
      of: `${(count * outGb).toLocaleString('en-US', { maximumFractionDigits: 0 })} GB out`,
      dollars: count * outGb * cloudFront.perGbOut,
    },
  ];
  return {
    lines,
    once: lines.reduce((sum, line) => sum + line.dollars, 0),
    perMonth: count * (pictureGb + thumbnailGb) * s3.perGbMonth,
  };
};
