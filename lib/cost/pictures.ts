import type { Footprint } from './footprint.ts';
import type { Prices } from './prices-2026-11.ts';

/** Assumptions about pictures and their viewers. */
export const pictureAssumptions = {
  megabytes: 2,
  thumbnailKilobytes: 40,
  /**
   * In a group of ten, nine members load the thumbnail and some open the picture; browsers cache both for two hours.
   */
  thumbnailViews: 9,
  pictureViews: 3,
  /** The number of CloudFront edges that fetch an object from S3. */
  edges: 2,
  /** The share of pictures with an EXIF rotation, which are encoded again. */
  turnedShare: 0.5,
  /**
   * For pictures of 12 megapixels, as measured by `npm run bench -- files` on two cores; `complete-attachment` waits
   * for `decode-image`.
   */
  milliseconds: { 'create-attachment': 10, 'complete-attachment': 575, 'decode-image': 450 },
} as const;
export type PictureAssumptions = typeof pictureAssumptions;

/** The costs of pictures: once, for upload and views, and per month of storage. */
export interface PictureEstimate {
  readonly lines: readonly { readonly service: string; readonly of: string; readonly dollars: number }[];
  readonly once: number;
  readonly perMonth: number;
}

const MILLION = 1e6;

/**
 * The requests to S3 for one picture by `complete-attachment` and `decode-image`. Writes: the form's upload, the
 * decoded thumbnail, and the copies of both. Reads: a check of the upload, its head, the whole upload for decoding, and
 * a check of the thumbnail. A rotated picture adds one write and one check. Deletions are free.
 */
const s3RequestsOf = (turnedShare: number): { readonly writes: number; readonly reads: number } => ({
  writes: 4 + turnedShare,
  reads: 4 + turnedShare,
});

/** Estimates the costs of this many pictures. A pure function: all data are passed in. */
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
