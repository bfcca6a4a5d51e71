import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';

const production = stageConfig('production');

/** A production stage that creates its own cluster at MongoDB Atlas. */
export const provisioned = parseStageConfig('provisioned', {
  ...production,
  stage: 'provisioned',
  mongodb: {
    ...production.mongodb,
    secretName: 'chat-service/provisioned/mongodb-url',
    cluster: {
      projectId: '0123456789abcdef01234567',
      profile: 'chat-service',
      instanceSize: 'M30',
      mongodbVersion: '8.0',
      backup: 'continuous',
    },
  },
});
