import sharp from 'sharp';
import { createHttpClient } from '../plain-http-client.ts';
import { spread, type Figure } from '../figures.ts';
import { newPerson, requestOrThrow, type Person } from '../population.ts';
import { begin, completeUpload, postForm, type UploadedFile } from '../uploads.ts';
import type { Section } from './section.ts';

const PICTURES = 10;
const BYTES = 3_000_000;
const WARM = 2;
/** Requests per upload: begin, upload, complete. */
const REQUESTS_EACH = 3;

/** A photograph as a phone stores it: rotated by its EXIF orientation, and hardly compressible because of its grain. */
const photograph = async (): Promise<UploadedFile> => {
  const [width, height] = [4000, 3000];
  const noise = { type: 'gaussian', mean: 128, sigma: 12 } as const;
  const original = sharp({ create: { width, height, channels: 3, background: '#888', noise } });
  let [least, most] = [20, 98];
  let bytes = Buffer.alloc(0);
  while (least < most) {
    const quality = Math.ceil((least + most) / 2);
    const tried = await original.clone().withMetadata({ orientation: 6 }).jpeg({ quality }).toBuffer();
    if (tried.length <= BYTES) [least, bytes] = [quality, tried];
    else most = quality - 1;
  }
  return { bytes: Uint8Array.from(bytes), file_name: 'heron.jpg', content_type: 'image/jpeg' };
};

/** Uploads one picture. @returns the time of each step in milliseconds */
const upload = async (
  person: Person,
  file: UploadedFile,
): Promise<Record<'begin' | 'post' | 'complete', number>> => {
  const startedAt = performance.now();
  const { attachment, upload: form } = await begin(person, file);
  const begun = performance.now();
  await postForm(form, file.bytes);
  const posted = performance.now();
  const { status } = await completeUpload(person, attachment.id);
  if (status !== 'ready') throw new Error(`The picture is ${status}`);
  return { begin: begun - startedAt, post: posted - begun, complete: performance.now() - posted };
};

/** The time for ten photographs, sequentially and in parallel, and the bytes that they send over the network. */
export const files: Section = async ({ cloud: start, log }) => {
  const cloud = await start();
  const ada = await newPerson(createHttpClient(`${cloud.httpUrl}/api/v1`));
  const file = await photograph();
  log(`files: ${PICTURES} photographs of ${(file.bytes.length / 1e6).toFixed(2)} MB`);
  for (let round = 0; round < WARM; round += 1) await upload(ada, file);

  const startedAt = performance.now();
  const steps: Awaited<ReturnType<typeof upload>>[] = [];
  for (let index = 0; index < PICTURES; index += 1) steps.push(await upload(ada, file));
  const inTurn = performance.now() - startedAt;
  const together = performance.now();
  await Promise.all(Array.from({ length: PICTURES }, () => upload(ada, file)));
  const atOnce = performance.now() - together;

  const { used_bytes: used } = await requestOrThrow<{ used_bytes: number }>(
    ada.api,
    'GET',
    '/users/me/storage',
  );
  const kept = used / (2 * PICTURES + WARM);
  const figures: Figure[] = [
    ...(['begin', 'post', 'complete'] as const).map((step) => ({
      name: `files: ${step} a photograph of 3 MB`,
      unit: 'ms' as const,
      ...spread(steps.map((one) => one[step])),
    })),
    { name: `files: ${PICTURES} photographs, one after the other`, unit: 'ms', value: inTurn },
    { name: `files: ${PICTURES} photographs at once`, unit: 'ms', value: atOnce },
    {
      name: 'files: requests a photograph',
      unit: 'requests',
      value: REQUESTS_EACH,
      target: { most: REQUESTS_EACH },
    },
    { name: 'files: kept of a photograph', unit: 'KB', value: kept / 1000 },
  ];
  return { figures };
};
