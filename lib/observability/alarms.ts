import type { AlarmDefinition } from './alarm-definition.ts';
import { apiAlarms } from './api-alarms.ts';
import { deliveryAlarms } from './delivery-alarms.ts';
import { fileAlarms } from './file-alarms.ts';
import { functionAlarms } from './function-alarms.ts';
import { jobAlarms } from './job-alarms.ts';
import type { Monitored } from './monitored.ts';
import { mailAlarms } from './mail-alarms.ts';
import { moderationAlarms } from './moderation-alarms.ts';
import { queueAlarms } from './queue-alarms.ts';
import { storeAlarms } from './store-alarms.ts';

/** All alarms of a stage, those first that people notice. */
export const alarmsOf = (monitored: Monitored): AlarmDefinition[] => [
  ...deliveryAlarms(monitored),
  ...apiAlarms(monitored),
  ...functionAlarms(monitored),
  ...storeAlarms(monitored),
  ...fileAlarms(monitored),
  ...mailAlarms(monitored),
  ...queueAlarms(monitored),
  ...moderationAlarms(monitored),
  ...jobAlarms(monitored),
];
