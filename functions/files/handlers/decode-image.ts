import { internalHandler } from '../../transport/internal.ts';
import { decodeImage as route } from '../contract.ts';
import { decodeImage } from '../decode-image.ts';
import { DecodeRequest } from '../../contract/image-decoding.ts';

export const handler = internalHandler(
  route,
  DecodeRequest,
  (request) => decodeImage(request),
  ({ outcome }) => ({ outcome }),
);
