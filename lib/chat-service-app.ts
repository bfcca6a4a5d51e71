import { App, Tags } from 'aws-cdk-lib/core';
import cdkJson from '../cdk.json' with { type: 'json' };
import packageJson from '../package.json' with { type: 'json' };
import type { StageConfig } from './config/stage-config.ts';
import { mailResourcesOf } from './constructs/mail-resources.ts';
import type { StageBundles } from './constructs/stage-bundles.ts';
import { AtlasStack } from './stacks/atlas-stack.ts';
import { DataStack } from './stacks/data-stack.ts';
import { EdgeStack } from './stacks/edge-stack.ts';
import { FilesStack } from './stacks/files-stack.ts';
import { HttpApiStack } from './stacks/http-api-stack.ts';
import { HttpEntryStack } from './stacks/http-entry-stack.ts';
import { HttpRoutesStack, httpRouteGroups } from './stacks/http-routes-stack.ts';
import { InternalStack } from './stacks/internal-stack.ts';
import { JobsStack } from './stacks/jobs-stack.ts';
import { MailStack } from './stacks/mail-stack.ts';
import { MigrationStack } from './stacks/migration-stack.ts';
import { NetworkStack } from './stacks/network-stack.ts';
import { QueuesStack } from './stacks/queues-stack.ts';
import { WebStack } from './stacks/web-stack.ts';
import { ObservabilityStack } from './stacks/observability-stack.ts';
import { WorkStack } from './stacks/work-stack.ts';
import { WebSocketApiStack } from './stacks/websocket-api-stack.ts';

/**
 * Builds the CDK app of a stage; `app.synth()` writes it out. No AWS credentials are needed.
 *
 * @param built what it deploys
 * @param outdir where the cloud assembly goes; by default where the CDK command wants it, or `cdk.out`
 */
export const createChatServiceApp = (config: StageConfig, built: StageBundles, outdir?: string): App => {
  const { stage } = config;
  const { functions: bundles, page } = built;
  /** CloudFormation never sees it, and nobody the rest of what is left out: that takes longer than all else. */
  const isLocal = stage === 'local';
  // The CDK command adds its own context to this one; without it the same flags hold.
  const app = new App({
    context: cdkJson.context,
    builtinCloudFormationValidation: !isLocal,
    treeMetadata: !isLocal,
    stackTraces: !isLocal,
    ...(outdir === undefined ? {} : { outdir }),
  });
  const env = { region: config.region, ...(config.account === undefined ? {} : { account: config.account }) };
  const name = (part: string): string => `chat-service-${stage}-${part}`;
  const shared = { env, config, version: packageJson.version };

  const network = new NetworkStack(app, name('network'), { ...shared, description: 'The network' });
  const data = new DataStack(app, name('data'), {
    ...shared,
    description: 'MySQL, DynamoDB and secrets',
    network: network.network,
  });
  const migration = new MigrationStack(app, name('migration'), {
    ...shared,
    description: 'Brings the stores to the schema of the code',
    bundles,
    resources: { network: network.network, data: data.data },
  });
  const { cluster } = config.mongodb;
  if (cluster !== undefined) {
    const atlas = new AtlasStack(app, name('atlas'), {
      ...shared,
      description: 'The MongoDB Atlas cluster',
      cluster,
      network: network.network,
    });
    migration.addStackDependency(atlas, 'It migrates that cluster, and reads where it is');
  }
  const { files } = new FilesStack(app, name('files'), {
    ...shared,
    description: 'Files that people upload',
  });
  const { push, queues } = new QueuesStack(app, name('queues'), {
    ...shared,
    description: 'Queues, and what pushing takes',
  });
  const webSocketApi = new WebSocketApiStack(app, name('websocket-api'), {
    ...shared,
    description: 'The WebSocket API and its functions',
    bundles,
    network: network.network,
    data: data.data,
    files,
    mail: mailResourcesOf(config),
    push,
  });
  webSocketApi.addStackDependency(migration, 'New code finds the schema that it was written for');
  const { resources } = webSocketApi;
  const httpApi = new HttpApiStack(app, name('http-api'), { ...shared, description: 'The HTTP API' });
  const httpEntry = new HttpEntryStack(app, name('http-entry'), {
    ...shared,
    description: 'Where HTTP requests come in',
    api: httpApi.api,
    host: httpApi.host,
  });
  for (const [group, routes] of httpRouteGroups) {
    const stack = new HttpRoutesStack(app, name(`http-${group}`), {
      ...shared,
      description: `The HTTP API's functions: ${group}`,
      bundles,
      resources,
      webSocketUrl: webSocketApi.url,
      api: httpApi.api,
      releaseAlarm: httpApi.releaseAlarm,
      routes,
    });
    stack.addStackDependency(migration, 'New code finds the schema that it was written for');
    httpEntry.addStackDependency(stack, 'It throttles these routes');
  }
  const internal = new InternalStack(app, name('internal'), {
    ...shared,
    description: 'What other functions call',
    bundles,
    resources,
  });
  internal.addStackDependency(migration, 'New code finds the schema that it was written for');
  if (config.mail !== undefined) {
    const mail = new MailStack(app, name('mail'), {
      ...shared,
      description: 'What mails are sent by',
      mail: config.mail,
    });
    internal.addStackDependency(mail, 'It sends by it');
  }
  const work = new WorkStack(app, name('work'), {
    ...shared,
    description: 'What works off queues',
    bundles,
    resources,
  });
  work.addStackDependency(migration, 'New code finds the schema that it was written for');
  const jobs = new JobsStack(app, name('jobs'), {
    ...shared,
    description: 'What runs by the clock',
    bundles,
    resources,
  });
  jobs.addStackDependency(migration, 'New code finds the schema that it was written for');
  if (config.edge !== undefined && config.domains !== undefined) {
    const edge = new EdgeStack(app, name('edge'), {
      // Where CloudFront looks for firewalls, wherever the stage is.
      env: { ...env, region: 'us-east-1' },
      description: 'CloudFront with a firewall in front of the HTTP API',
      config,
      edge: config.edge,
      domains: config.domains,
    });
    edge.addStackDependency(httpEntry, 'It hands requests on to the API');
  }

  new WebStack(app, name('web'), {
    ...shared,
    description: 'The chat page',
    page,
    apiUrl: httpApi.apiUrl,
    websocketUrl: webSocketApi.url,
    files,
  });
  // A terminal has no alarms.
  if (!isLocal) {
    new ObservabilityStack(app, name('observability'), {
      env,
      description: 'Alarms and a dashboard',
      monitored: {
        config,
        httpApiId: httpApi.apiId,
        webSocketApiId: resources.webSocketStage.api.apiId,
        clusterIdentifier: data.clusterIdentifier,
        connectionsTableName: data.data.connectionsTable.tableName,
        sessionsTableName: data.data.sessionsTable.tableName,
        filesBucketName: files.bucket.bucketName,
        jobs: jobs.jobs,
        queues,
      },
    });
  }

  Tags.of(app).add('service', 'chat-service');
  Tags.of(app).add('stage', stage);
  return app;
};
