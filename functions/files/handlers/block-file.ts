import * as z from 'zod';
import { internalHandler } from '../../transport/internal.ts';
import { blockFile } from '../block-file.ts';
import { blockFile as route } from '../contract.ts';

/**
 * The fields of GuardDuty's event that are used.
 *
 * @see https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html
 */
const ScanResult = z.object({
  detail: z.object({ s3ObjectDetails: z.object({ objectKey: z.string() }) }),
});

export const handler = internalHandler(
  route,
  ScanResult,
  ({ detail }) => blockFile(detail.s3ObjectDetails.objectKey),
  ({ outcome }) => ({ outcome }),
);
