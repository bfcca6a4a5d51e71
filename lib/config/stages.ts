import * as z from 'zod';
import { StageConfig } from './stage-config.ts';

type StageInput = z.input<typeof StageConfig>;

const dev: StageInput = {
  stage: 'dev',
  region: 'eu-central-1',
  corsOrigins: ['http://localhost:5173'],
  network: { natGateways: 1 },
  mysql: {
    database: 'chat',
    minCapacity: 0,
    maxCapacity: 2,
    reader: false,
    proxy: false,
    tls: 'required',
    backupDays: 1,
  },
  mongodb: { secretName: 'chat-service/dev/mongodb-url', database: 'chat', search: 'atlas' },
  retainData: false,
  logs: { level: 'DEBUG', retentionDays: 7 },
  throttling: { rateLimit: 100, burstLimit: 200 },
  passwordCost: 12,
  validateOutput: false,
};

const staging: StageInput = {
  ...dev,
  stage: 'staging',
  corsOrigins: ['https://chat.staging.example.org'],
  mysql: { ...dev.mysql, minCapacity: 0.5, maxCapacity: 4, proxy: true, backupDays: 7 },
  mongodb: { ...dev.mongodb, secretName: 'chat-service/staging/mongodb-url' },
  logs: { level: 'INFO', retentionDays: 30 },
  throttling: { rateLimit: 1000, burstLimit: 2000 },
};

const production: StageInput = {
  ...staging,
  stage: 'production',
  corsOrigins: ['https://chat.example.org'],
  network: { natGateways: 2 },
  mysql: { ...staging.mysql, minCapacity: 1, maxCapacity: 32, reader: true, backupDays: 35 },
  mongodb: { ...dev.mongodb, secretName: 'chat-service/production/mongodb-url' },
  retainData: true,
  logs: { level: 'INFO', retentionDays: 90 },
  throttling: { rateLimit: 5000, burstLimit: 5000 },
};

/** The stage that `npm start` runs on one machine; it is never deployed. */
const local: StageInput = {
  ...dev,
  stage: 'local',
  corsOrigins: ['http://localhost:5173', 'http://127.0.0.1:5173', 'http://127.0.0.1:8000'],
  mysql: { ...dev.mysql, tls: 'off' },
  mongodb: { secretName: 'chat-service/local/mongodb-url', database: 'chat', search: 'text' },
  logs: { level: 'WARN', retentionDays: 7 },
  throttling: { rateLimit: 10_000, burstLimit: 10_000 },
  // A quarter of a second for each log-in would be most of a test run.
  passwordCost: 6,
  validateOutput: true,
};

const stages: readonly StageInput[] = [local, dev, staging, production];

/** The names of all stages. */
export const stageNames: readonly string[] = stages.map(({ stage }) => stage);

/**
 * The configuration of a stage.
 *
 * @throws Error naming the stages there are, or every value that is missing or wrong
 */
export const stageConfig = (name: string): StageConfig => {
  const input = stages.find(({ stage }) => stage === name);
  if (input === undefined) {
    throw new Error(
      `There is no stage '${name}'. Stages are ${stageNames.join(', ')} (lib/config/stages.ts).`,
    );
  }
  const result = StageConfig.safeParse(input);
  if (!result.success) {
    throw new Error(
      `The configuration of the stage '${name}' is not right:\n${z.prettifyError(result.error)}`,
    );
  }
  return result.data;
};
