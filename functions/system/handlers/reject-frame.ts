import { ServiceError } from '../../contract/service-error.ts';
import { frameHandler } from '../../transport/frames.ts';
import { rejectFrame as route } from '../contract.ts';

export const handler = frameHandler(route, async ({ frame }) => {
  const isObject = typeof frame === 'object' && frame !== null && !Array.isArray(frame);
  throw new ServiceError('unknown_frame_type', {
    issues: [
      {
        path: 'type',
        message: isObject && 'type' in frame ? 'There is no frame of this type' : 'A frame must have a type',
      },
    ],
  });
});
