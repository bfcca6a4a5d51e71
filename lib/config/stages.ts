import type * as z from 'zod';
import { parseStageConfig, type StageConfig } from './stage-config.ts';

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
    managedPassword: false,
    performanceInsights: false,
    tls: 'required',
    backupDays: 1,
  },
  mongodb: { secretName: 'chat-service/dev/mongodb-url', database: 'chat' },
  retainData: false,
  logs: { level: 'DEBUG', execution: 'ERROR', retentionDays: 7 },
  alarms: { recipients: [] },
  throttling: {
    standard: { rateLimit: 100, burstLimit: 200 },
    password: { rateLimit: 10, burstLimit: 20 },
  },
  features: { tracing: true, gradualDeployments: false, flowLogs: false },
  passwordCost: 12,
};

const staging: StageInput = {
  ...dev,
  stage: 'staging',
  corsOrigins: ['https://chat.staging.example.org'],
  mysql: {
    ...dev.mysql,
    minCapacity: 0.5,
    maxCapacity: 4,
    proxy: true,
    managedPassword: true,
    backupDays: 7,
  },
  mongodb: { ...dev.mongodb, secretName: 'chat-service/staging/mongodb-url' },
  mail: { from: 'no-reply@chat.staging.example.org', pageUrl: 'https://chat.staging.example.org' },
  logs: { level: 'INFO', execution: 'ERROR', retentionDays: 30 },
  throttling: {
    standard: { rateLimit: 1000, burstLimit: 2000 },
    password: { rateLimit: 50, burstLimit: 100 },
  },
};

const production: StageInput = {
  ...staging,
  stage: 'production',
  corsOrigins: ['https://chat.example.org'],
  network: { natGateways: 2 },
  mysql: {
    ...staging.mysql,
    minCapacity: 1,
    maxCapacity: 32,
    reader: true,
    performanceInsights: true,
    backupDays: 35,
  },
  mongodb: { ...dev.mongodb, secretName: 'chat-service/production/mongodb-url' },
  mail: { from: 'no-reply@chat.example.org', pageUrl: 'https://chat.example.org' },
  retainData: true,
  logs: { level: 'INFO', execution: 'ERROR', retentionDays: 90 },
  alarms: { recipients: ['operations@example.org'] },
  throttling: {
    standard: { rateLimit: 5000, burstLimit: 5000 },
    password: { rateLimit: 200, burstLimit: 400 },
  },
  // Two connections to MySQL per function instance that uses it: at most 2,884 in total, which RDS Proxy reduces to a
  // few hundred.
  concurrency: {
    account: 1600,
    standard: 10,
    routes: {
      'receive-message': 200,
      'send-message': 100,
      'log-in': 50,
      sync: 100,
      'list-messages': 50,
      'issue-ticket': 20,
      'get-stats': 2,
      // Concurrent runs would overwrite each other's keys. This function does not use MySQL.
      'rotate-signing-keys': 1,
    },
  },
  features: { tracing: true, gradualDeployments: true, flowLogs: true },
};

/** The stage that `npm start` runs on one machine; it is never deployed. */
const local: StageInput = {
  ...dev,
  stage: 'local',
  corsOrigins: ['http://localhost:5173', 'http://127.0.0.1:5173', 'http://127.0.0.1:8000'],
  // A MySQL server on this machine does not pause, so jobs run as often as in production.
  mysql: { ...dev.mysql, minCapacity: 0.5, tls: 'off' },
  mongodb: { secretName: 'chat-service/local/mongodb-url', database: 'chat' },
  // The local cloud writes mails to files. Their links lead to the page at the address where the local cloud serves it.
  mail: { from: 'no-reply@chat.example.org', pageUrl: 'http://127.0.0.1:8080' },
  logs: { level: 'WARN', execution: 'OFF', retentionDays: 7 },
  throttling: {
    standard: { rateLimit: 10_000, burstLimit: 10_000 },
    password: { rateLimit: 10_000, burstLimit: 10_000 },
  },
  features: { tracing: false, gradualDeployments: false, flowLogs: false },
  // Nothing scans files on one machine, but verdicts can be sent by hand, and their effects tried out.
  files: { malwareScan: 'serve' },
  // bcrypt's minimum: at a quarter of a second each, log-ins would take most of the time of a test run.
  passwordCost: 4,
};

const stages: readonly StageInput[] = [local, dev, staging, production];

/** The names of all stages. */
export const stageNames: readonly string[] = stages.map(({ stage }) => stage);

/** The error message for an unknown stage. */
export const noStage = (name: string): string =>
  `There is no stage '${name}'. Stages are ${stageNames.join(', ')} (lib/config/stages.ts).`;

/**
 * The configuration of a stage.
 *
 * @throws Error naming the existing stages, or every missing or invalid value
 */
export const stageConfig = (name: string): StageConfig => {
  const input = stages.find(({ stage }) => stage === name);
  if (input === undefined) throw new Error(noStage(name));
  return parseStageConfig(name, input);
};
