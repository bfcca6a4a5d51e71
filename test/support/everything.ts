import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { provisioned } from './provisioned.ts';

const production = stageConfig('production');

/** A stage with every optional setting; none of the committed stages needs them all. */
export const everything = parseStageConfig('everything', {
  ...production,
  stage: 'everything',
  account: '123456789012',
  domains: {
    httpApi: 'api.chat.example.org',
    webSocketApi: 'ws.chat.example.org',
    hostedZone: { id: 'Z0123456789', name: 'chat.example.org' },
  },
  edge: {
    requestsPerAddress: 2000,
    domain: {
      name: 'edge.chat.example.org',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0',
    },
  },
  files: {
    domain: {
      name: 'files.chat.example.org',
      certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0',
    },
    keyGeneration: 2,
    malwareScan: 'hold',
  },
  mail: {
    from: 'no-reply@chat.example.org',
    pageUrl: 'https://chat.example.org',
    hostedZoneId: 'Z0123456789',
  },
  mongodb: {
    ...provisioned.mongodb,
    privateLinkService: 'com.amazonaws.vpce.eu-central-1.vpce-svc-0123456789',
  },
});
