import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { cachedBuildAsync, keepInUse, projectRoot } from '../constructs/build-cache.ts';
import { apiDefinitions } from './api-definitions.ts';
import { startHttpApi } from './api-gateway/http-api.ts';
import type { PostFaults } from './api-gateway/websocket/management.ts';
import { startWebSocketApi } from './api-gateway/websocket-api.ts';
import { loadAssembly, type Assembly } from './assembly/assembly.ts';
import { physicalResources } from './assembly/physical-resources.ts';
import { createResolver, type Resolver } from './assembly/resolver.ts';
import { runProgram } from './child-process.ts';
import { publishEndpoints } from './endpoints.ts';
import { eventRules } from './event-rules.ts';
import { eventSourceDefinitions, startEventSources } from './event-sources.ts';
import { fileDistributionOf, fileSiteOf, startFileServer } from './cloudfront/file-server.ts';
import { siteOf } from './cloudfront/site.ts';
import { startWebServer } from './cloudfront/web-server.ts';
import { functionDefinitions } from './function-definitions.ts';
import { startMailService } from './mail-service.ts';
import { startLambdaInvokeApi } from './lambda/invoke-api.ts';
import { isAllowed, principalsOf, type Principal } from './iam/role-policies.ts';
import { createLambdaService, type LambdaService } from './lambda/lambda-service.ts';
import { readLastPorts, writeLastPorts } from './last-ports.ts';
import { lockFolder } from './mongodb-server/folder-lock.ts';
import { bucketDefinitions } from './s3/bucket-definitions.ts';
import { startS3 } from './s3/s3-server.ts';
import { scheduleDefinitions } from './schedule-definitions.ts';
import { startScheduler } from './scheduler.ts';
import { secondsSince } from './seconds-since.ts';
import { secretDefinitions } from './secret-definitions.ts';
import { startSecretsManager } from './secrets-manager.ts';
import { queueDefinitions } from './sqs/queue-definitions.ts';
import { startSqs } from './sqs/sqs-server.ts';
import type { TableDefinition } from './stores/dynamodb.ts';
import { assertPortIsFree, freePortLike } from './stores/free-port.ts';
import type { LocalMysql } from './stores/mysql.ts';
import { storeVariables } from './stores/store-variables.ts';

export interface LocalCloudOptions {
  /** The folder of all data that survives a restart. */
  readonly dataDirectory: string;
  readonly httpPort: number;
  readonly webSocketPort: number;
  /** The port of the chat page; without it the page is not served. */
  readonly webPort?: number;
  /**
   * The ports of S3 and of the files' CloudFront, which an open page knows from its content security policy. Default:
   * the ports of the last run on this folder while they are free, else any free ones.
   */
  readonly s3Port?: number;
  readonly filesPort?: number;
  /** The folder to which mails are written. Default: `mail` in the data folder. */
  readonly mailDirectory?: string;
  /** The address on which all ports listen. Default: the loopback interface; a container needs another. */
  readonly listenOn?: string;
  /** Origins of pages that may call the HTTP API, besides its own. Default: any page served by this machine. */
  readonly allowOrigins?: readonly string[];
  readonly log: (line: string) => void;
  readonly environment?: NodeJS.ProcessEnv;
  readonly faults?: PostFaults;
  /** Aborts the start, and stops everything that has been started. */
  readonly signal?: AbortSignal;
  /** Puts a proxy between the functions and DynamoDB, for example to count requests. @returns the proxy's URL */
  readonly inFrontOfDynamodb?: (url: string) => Promise<string>;
  /** Puts a proxy between the functions and SQS. @returns the proxy's URL */
  readonly inFrontOfSqs?: (url: string) => Promise<string>;
  /** Wraps the Lambda service, for example to count invocations. */
  readonly inFrontOfLambda?: (lambda: LambdaService) => LambdaService;
}

/** A stage of the service, running on this machine. */
export interface LocalCloud {
  /** Base of the HTTP API, without `/api/v1`. */
  readonly httpUrl: string;
  readonly websocketUrl: string;
  /** The URL of the chat page, when it is served. */
  readonly webUrl: string | undefined;
  readonly lambda: LambdaService;
  /** The MySQL and MongoDB that the service uses; for tests that read the stores directly. */
  readonly mysql: LocalMysql;
  readonly mongodbUrl: string;
  readonly mongodbDatabase: string;
  readonly dynamodbUrl: string;
  /** S3 and CloudFront for files; for tests that call them directly. */
  readonly s3Url: string;
  readonly filesUrl: string;
  /** Puts an event on EventBridge's default bus, and waits for the functions that its rules invoke. */
  putEvent(event: object): Promise<void>;
  /** The folder in which each mail is a file. */
  readonly mailDirectory: string;
  readonly sqsUrl: string;
  /**
   * Releases another version of the stage while this one serves, in the steps of a deployment: first its migration,
   * then a tenth of all invocations of its functions, then all of them together with its HTTP routes. Nothing is
   * interrupted.
   *
   * @param directory the cloud assembly of that version
   * @param whileShifting called while both versions serve; the release waits for its promise
   * @throws Error when the version needs tables, secrets or APIs that this one does not have
   */
  release(directory: string, whileShifting: () => Promise<void>): Promise<void>;
  /** Waits for running invocations, then stops everything that was started. */
  stop(): Promise<void>;
}

const STAGE = 'local';
const HOST = '127.0.0.1';

const names = {
  account: '000000000000',
  region: 'eu-central-1',
  partition: 'aws',
  urlSuffix: 'amazonaws.com',
} as const;

/**
 * Synthesizes the stage when one of its sources has changed since the last time. The CDK app runs in a child process,
 * so that its memory is released after a few seconds. The child process logs each completed step.
 *
 * @returns the folder of the cloud assembly
 */
const synthesize = (log: (line: string) => void, signal: AbortSignal | undefined): Promise<string> =>
  cachedBuildAsync({
    name: 'assembly',
    done: 'synthesized the stage',
    sources: ['functions/**/*', 'lib/**/*', 'bin/app.ts', 'bin/arguments.ts', 'cdk.json', 'package.json'],
    parameters: process.version,
    build: async (directory) => {
      log('Synthesizing: these sources are new here');
      await runProgram(
        process.execPath,
        [join(projectRoot, 'bin/app.ts'), '--stage', STAGE, '--output', directory],
        { cwd: projectRoot, signal, onErrorLine: log },
      );
    },
  });

/** The reason why a folder is not writable, by the code of the system's error. */
const unwritable: Readonly<Record<string, string>> = {
  EROFS: 'its disk is read-only',
  EACCES: 'it belongs to somebody else',
  EPERM: 'it belongs to somebody else',
  ENOTDIR: 'it is no folder',
  EEXIST: 'it is no folder',
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk is full',
};

/** Creates the data folder. @throws Error with a readable message when it is not writable */
const prepareFolder = (folder: string): void => {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const probe = join(folder, 'writable');
    try {
      writeFileSync(probe, Buffer.alloc(4096));
    } finally {
      // On a full disk the file exists, without its bytes.
      rmSync(probe, { force: true });
    }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`Nothing can be written to the data folder ${folder}: ${unwritable[code] ?? message}.`, {
      cause: error,
    });
  }
};

const resolverFor = (assembly: Assembly, mysql: LocalMysql): Resolver =>
  createResolver(assembly, {
    ...names,
    physical: physicalResources(names, {
      'AWS::RDS::DBCluster': {
        'Endpoint.Address': mysql.host,
        'Endpoint.Port': String(mysql.port),
        'ReadEndpoint.Address': mysql.host,
      },
    }),
  });

/** Whether an origin is a page on this machine, whatever its port. */
const isOnThisMachine = (origin: string): boolean =>
  /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/.test(origin);

/** Suffix of a function's name for its next version, while traffic shifts to it. */
const NEW_VERSION = ':next';

/** The functions that a deployment itself invokes, by CDK's triggers. */
const triggeredFunctions = (assembly: Assembly, resolver: Resolver): string[] =>
  assembly.resourcesOf('Custom::Trigger').map((trigger) => {
    const { HandlerArn: arn } = resolver.propertiesOf(trigger) as { HandlerArn: string };
    const version = assembly
      .resourcesOf('AWS::Lambda::Version')
      .find((candidate) => resolver.physicalOf(candidate).ref === arn);
    if (version === undefined) throw new Error(`A trigger runs ${arn}, which is no version of a function`);
    return String(resolver.propertiesOf(version)['FunctionName']);
  });

/** A running cloud can replace functions and HTTP routes; tables, secrets and APIs are created at its start only. */
const assertReleasable = (running: Assembly, next: Assembly): void => {
  for (const type of [
    'AWS::DynamoDB::Table',
    'AWS::DynamoDB::GlobalTable',
    'AWS::SecretsManager::Secret',
    'AWS::S3::Bucket',
    'AWS::SQS::Queue',
    'AWS::CloudFront::PublicKey',
    'AWS::ApiGatewayV2::Api',
  ]) {
    const idsIn = (assembly: Assembly): string[] =>
      assembly.resourcesOf(type).map(({ stack, logicalId }) => `${stack}/${logicalId}`);
    const known = new Set(idsIn(running));
    const added = idsIn(next).filter((id) => !known.has(id));
    if (added.length > 0) {
      throw new Error(`The local cloud has to start anew for ${added.join(', ')} (${type})`);
    }
  }
};

/** Metrics are log lines for CloudWatch: they are logged here only when a log level is set. */
const loggingOf = ({ POWERTOOLS_LOG_LEVEL: level }: NodeJS.ProcessEnv): Record<string, string> =>
  level === undefined ? { POWERTOOLS_METRICS_DISABLED: 'true' } : { POWERTOOLS_LOG_LEVEL: level };

/**
 * Runs the service on this machine: synthesizes the stage `local` and serves what the templates describe, on real
 * stores.
 *
 * @throws Error when a store is not available, the data is in use, or a port is taken (`code` `EADDRINUSE`)
 */
export const startLocalCloud = async (options: LocalCloudOptions): Promise<LocalCloud> => {
  const { dataDirectory, log, environment = process.env, listenOn = HOST, signal } = options;
  // Worker threads collect small young generations, each in its own thread. Parallel scavenging cost a sixth of all
  // CPU time.
  setFlagsFromString('--no-parallel-scavenge');
  prepareFolder(dataDirectory);
  const stops: (() => Promise<void> | void)[] = [];
  /** Stops everything in reverse order of starting. A failure is logged and does not keep the others from stopping. */
  const stop = async (): Promise<void> => {
    for (const stopOne of stops.splice(0).toReversed()) {
      try {
        await stopOne();
      } catch (error) {
        log(`Something did not stop as it should: ${String(error)}`);
      }
    }
  };

  try {
    signal?.throwIfAborted();
    // Checked before the steps that take seconds.
    await assertPortIsFree(options.httpPort);
    await assertPortIsFree(options.webSocketPort);
    await assertPortIsFree(options.s3Port ?? 0);
    await assertPortIsFree(options.filesPort ?? 0);
    const web =
      options.webPort === undefined
        ? undefined
        : await startWebServer({ host: listenOn, port: options.webPort, log });
    const webUrl = web === undefined ? undefined : `http://${HOST}:${web.port}`;
    if (web !== undefined) stops.push(() => web.stop());
    stops.push(lockFolder(dataDirectory, log));
    const lastPorts = readLastPorts(dataDirectory);

    const dynamodbDirectory = join(dataDirectory, 'dynamodb');
    const startStore = async <T extends { readonly description: string; stop(): Promise<void> }>(
      start: Promise<T>,
    ): Promise<T> => {
      const startedAt = performance.now();
      const store = await start;
      stops.push(() => store.stop());
      log(`${store.description} (${secondsSince(startedAt)} s)`);
      return store;
    };
    // The slowest steps start first. The stores are loaded while another process synthesizes.
    const starting = [
      synthesize(log, signal),
      import('./stores/mysql.ts').then(({ startMysql }) =>
        startStore(
          startMysql({
            dataDirectory: join(dataDirectory, 'mysql'),
            database: 'chat',
            log,
            environment,
            signal,
          }),
        ),
      ),
      import('./stores/mongodb.ts').then(({ startMongodb }) =>
        startStore(startMongodb({ dataDirectory, log, environment })),
      ),
      import('./stores/dynamodb.ts').then(({ loadDynamodb, startDynamodb }) => {
        const thread = loadDynamodb(dynamodbDirectory);
        stops.push(async () => void (await thread.worker.terminate()));
        return { startDynamodb, thread };
      }),
    ] as const;
    // Waits for all of them even when one fails, since each one that started must be stopped.
    await Promise.allSettled(starting);
    const [assemblyDirectory, mysql, mongodb, { startDynamodb, thread }] = await Promise.all(starting);
    stops.push(keepInUse(assemblyDirectory));
    signal?.throwIfAborted();

    const assembly = loadAssembly(assemblyDirectory);
    const resolver = resolverFor(assembly, mysql);
    const tables = ['AWS::DynamoDB::GlobalTable', 'AWS::DynamoDB::Table'].flatMap((type) =>
      assembly.resourcesOf(type).map((resource): TableDefinition => ({
        // A table's CloudFormation properties are the parameters of CreateTable.
        ...(resolver.propertiesOf(resource) as unknown as TableDefinition),
        TableName: resolver.physicalOf(resource).ref,
      })),
    );
    // Functions have the permissions that their roles have on AWS.
    const principals = new Map(principalsOf(assembly, resolver));
    const dynamodb = await startStore(
      startDynamodb({
        dataDirectory: dynamodbDirectory,
        thread,
        tables,
        region: names.region,
        log,
        principals,
        arnOf: (name) => `arn:${names.partition}:dynamodb:${names.region}:${names.account}:table/${name}`,
      }),
    );
    signal?.throwIfAborted();
    const dynamodbUrl = (await options.inFrontOfDynamodb?.(dynamodb.url)) ?? dynamodb.url;
    const secrets = await startSecretsManager({
      secrets: secretDefinitions(assembly, resolver, { mysql, mongodbUrl: mongodb.url }),
      file: join(dataDirectory, 'secrets.json'),
      principals,
    });
    stops.push(() => secrets.stop());
    // S3 verifies signatures: a client that got a form knows the access key that signed it, but must not be able to
    // sign another one.
    const secretAccessKey = randomBytes(20).toString('hex');
    // A deployed page's origin is in the configuration; the local page has only just got its port.
    const ownOrigins = webUrl === undefined ? [] : [webUrl, webUrl.replace(HOST, 'localhost')];
    const s3 = await startStore(
      startS3({
        dataDirectory: join(dataDirectory, 's3'),
        buckets: bucketDefinitions(assembly, resolver, [...(options.allowOrigins ?? []), ...ownOrigins]),
        region: names.region,
        host: listenOn,
        port: options.s3Port ?? (await freePortLike(lastPorts.s3)),
        principals,
        secretAccessKey,
        ...(options.allowOrigins === undefined ? { allowsOrigin: isOnThisMachine } : {}),
        log,
      }),
    );
    const sqs = await startStore(
      startSqs({
        queues: queueDefinitions(assembly, resolver),
        dataDirectory: join(dataDirectory, 'sqs'),
        host: HOST,
        principals,
      }),
    );
    const sqsUrl = (await options.inFrontOfSqs?.(sqs.url)) ?? sqs.url;
    const distribution = fileDistributionOf(assembly, resolver);
    const files = await startFileServer({
      host: listenOn,
      port: options.filesPort ?? (await freePortLike(lastPorts.files)),
      originOf: (port) => `http://${HOST}:${port}`,
      log,
    });
    stops.push(() => files.stop());
    files.serve(
      fileSiteOf(assembly, resolver, distribution, (reference) => secrets.resolveReference(reference)),
      s3.storeOf(distribution.bucketName),
    );

    writeLastPorts(dataDirectory, {
      ...(web === undefined ? {} : { web: web.port }),
      s3: s3.port,
      files: files.port,
    });

    const mailDirectory = options.mailDirectory ?? join(dataDirectory, 'mail');
    const mails = await startMailService({
      directory: mailDirectory,
      host: HOST,
      region: names.region,
      account: names.account,
      principals,
    });
    stops.push(() => mails.stop());

    // The gateways listen first, because the functions need their addresses; early requests wait.
    const ready = Promise.withResolvers<LambdaService>();
    ready.promise.catch(() => undefined);
    /**
     * Called when a gateway stops: it waits for its pending requests, so requests that wait for the functions to be
     * ready must fail first.
     */
    const giveUpEarlyRequests = (): void => ready.reject(new Error('The local cloud is stopping'));
    // Functions invoke each other through this API, so it stops after them.
    const invokeApi = await startLambdaInvokeApi(
      { invoke: async (functionName, event) => (await ready.promise).invoke(functionName, event) },
      HOST,
      log,
    );
    stops.push(() => invokeApi.stop());
    // Functions are created after the gateways and stop after them, since gateways wait for pending invocations.
    let service: LambdaService | undefined;
    stops.push(() => service?.stop());
    /** During a release: the functions of which every tenth invocation goes to the new version. */
    let shifting: ReadonlySet<string> = new Set();
    let invocations = 0;
    const invoke = async (functionName: string, event: unknown): Promise<unknown> => {
      const lambda = await ready.promise;
      invocations += 1;
      const version = shifting.has(functionName) && invocations % 10 === 0 ? NEW_VERSION : '';
      return lambda.invoke(functionName + version, event);
    };

    const apis = apiDefinitions(assembly, resolver, names);
    const httpDefinition = {
      ...apis.http,
      cors: {
        ...apis.http.cors,
        allowOrigins: [...(options.allowOrigins ?? apis.http.cors?.allowOrigins ?? []), ...ownOrigins],
      },
    };
    const connectionsArn = `arn:${names.partition}:execute-api:${names.region}:${names.account}:${apis.webSocket.apiId}/${apis.webSocket.stage}/POST/@connections/any`;
    /** A cache for the check that every post makes; a release replaces the principals. */
    const managers = new WeakMap<Principal, boolean>();
    const mayManageConnections = (principal: Principal): boolean => {
      const known = managers.get(principal);
      if (known !== undefined) return known;
      const wanted = { action: 'execute-api:ManageConnections', resource: connectionsArn };
      const allowed = isAllowed(principal.statements, wanted);
      managers.set(principal, allowed);
      return allowed;
    };
    const webSocketApi = await startWebSocketApi({
      api: apis.webSocket,
      host: listenOn,
      port: options.webSocketPort,
      invoke,
      log,
      mayManage: (accessKeyId) => {
        const principal = principals.get(accessKeyId);
        return principal && mayManageConnections(principal);
      },
      ...(options.faults === undefined ? {} : { faults: options.faults }),
    });
    stops.push(() => webSocketApi.stop(), giveUpEarlyRequests);
    const httpApi = await startHttpApi({
      api: httpDefinition,
      host: listenOn,
      port: options.httpPort,
      ...(options.allowOrigins === undefined ? { allowsOrigin: isOnThisMachine } : {}),
      invoke,
      log,
    });
    stops.push(() => httpApi.stop(), giveUpEarlyRequests);

    // Whatever `listenOn` is, this machine reaches the gateways at the loopback address.
    const urls = {
      http: `http://${HOST}:${httpApi.port}`,
      websocket: `ws://${HOST}:${webSocketApi.port}/${apis.webSocket.stage}`,
      s3: `http://${HOST}:${s3.port}`,
      files: `http://${HOST}:${files.port}`,
    };
    const onThisMachine = (text: string): string => {
      const address = (apiId: string): string => `${apiId}.execute-api.${names.region}.${names.urlSuffix}`;
      return (
        text
          .replaceAll(`wss://${address(apis.webSocket.apiId)}`, `ws://${HOST}:${webSocketApi.port}`)
          .replaceAll(`https://${address(apis.webSocket.apiId)}`, `http://${HOST}:${webSocketApi.port}`)
          .replaceAll(`https://${address(apis.http.apiId)}`, `http://${HOST}:${httpApi.port}`)
          .replaceAll(`https://${distribution.domainName}`, urls.files)
          // The local S3 has the bucket's name in the path.
          .replaceAll(
            `https://${distribution.bucketName}.s3.${names.region}.amazonaws.com`,
            `${urls.s3}/${distribution.bucketName}`,
          )
      );
    };
    const accessKeyFor = (functionName: string): string =>
      [...principals].find(([, principal]) => principal.functionName === functionName)?.[0] ?? '';
    const environmentHere = (
      variables: Readonly<Record<string, string>>,
      functionName: string,
    ): Record<string, string> => ({
      ...Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [
          name,
          value.startsWith('{{resolve:') ? secrets.resolveReference(value) : onThisMachine(value),
        ]),
      ),
      ...storeVariables(variables, { mysql, mongodb }),
      AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url,
      AWS_ENDPOINT_URL_S3: urls.s3,
      AWS_ENDPOINT_URL_SQS: sqsUrl,
      AWS_ENDPOINT_URL_LAMBDA: invokeApi.url,
      AWS_ENDPOINT_URL_SESV2: mails.url,
      // The page has only just got its port.
      ...('PAGE_URL' in variables && webUrl !== undefined ? { PAGE_URL: webUrl } : {}),
      AWS_ACCESS_KEY_ID: accessKeyFor(functionName),
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      // For tests that must not wait so long.
      ...(environment['PUSH_HOLD_SECONDS'] ? { PUSH_HOLD_SECONDS: environment['PUSH_HOLD_SECONDS'] } : {}),
      ...(environment['PUSH_HOSTS'] === undefined ? {} : { LOCAL_PUSH_HOSTS: environment['PUSH_HOSTS'] }),
      // For load tests and other tests; a deployed stage has no such switches.
      ...(environment['RATE_LIMITS'] === 'off' ? { RATE_LIMITS: 'off' } : {}),
      ...(environment['VALIDATE_OUTPUT'] === 'on' ? { VALIDATE_OUTPUT: 'on' } : {}),
      // A deployed stage has the moderators from its configuration.
      ...('MODERATORS' in variables && environment['MODERATORS'] !== undefined
        ? { MODERATORS: environment['MODERATORS'] }
        : {}),
      ...loggingOf(environment),
    });
    service = createLambdaService({
      functions: functionDefinitions(assembly, resolver, environmentHere),
      log,
      accountId: names.account,
      region: names.region,
      // In the same folder as the code: cache entries are found by the code's path.
      compileCacheDirectory: join(assemblyDirectory, 'compile-cache'),
      // At the addresses that their environments have: the gateway's is the loopback one, wherever it listens.
      servers: [{ ...webSocketApi.inProcess, host: HOST }, dynamodb.inProcess],
    });
    const lambda = options.inFrontOfLambda?.(service) ?? service;

    const migratingSince = performance.now();
    for (const functionName of triggeredFunctions(assembly, resolver)) {
      signal?.throwIfAborted();
      await lambda.invoke(functionName, {});
      // Frees its memory, since it is not called again before the next start.
      await lambda.kill(functionName);
    }
    log(`Migrated the stores (${secondsSince(migratingSince)} s)`);
    signal?.throwIfAborted();
    ready.resolve(lambda);
    stops.push(
      startScheduler({
        schedules: scheduleDefinitions(assembly, resolver),
        invoke: (functionName, input) => lambda.invoke(functionName, input),
        log,
      }),
      startEventSources({
        sources: eventSourceDefinitions(assembly, resolver),
        queueOf: (arn) => sqs.queueOf(arn),
        invoke: (functionName, event) => lambda.invoke(functionName, event),
        region: names.region,
        log,
      }),
      publishEndpoints(dataDirectory, {
        sqs: sqs.url,
        http: urls.http,
        websocket: urls.websocket,
        lambda: invokeApi.url,
        ...(webUrl === undefined ? {} : { web: webUrl }),
      }),
    );
    const functionsFor = eventRules(assembly, resolver);
    web?.serve(siteOf(assembly, resolver, onThisMachine));

    const release = async (directory: string, whileShifting: () => Promise<void>): Promise<void> => {
      const next = loadAssembly(directory);
      assertReleasable(assembly, next);
      const nextResolver = resolverFor(next, mysql);
      // Both versions of a function share a role, so the new policies apply to both. Removed functions keep their
      // policies.
      for (const [accessKeyId, principal] of principalsOf(next, nextResolver, principals)) {
        principals.set(accessKeyId, principal);
      }
      dynamodb.authorize(principals);
      s3.authorize(principals);
      sqs.authorize(principals);
      const functions = functionDefinitions(next, nextResolver, environmentHere);
      const triggered = new Set(triggeredFunctions(next, nextResolver));
      lambda.deploy(functions.filter(({ functionName }) => triggered.has(functionName)));
      for (const functionName of triggered) await lambda.invoke(functionName, {});

      lambda.deploy(
        functions.map((config) => ({ ...config, functionName: config.functionName + NEW_VERSION })),
      );
      shifting = new Set(functions.map(({ functionName }) => functionName));
      await whileShifting();
      lambda.deploy(functions);
      shifting = new Set();
      httpApi.deploy(apiDefinitions(next, nextResolver, names).http.routes);
    };

    return {
      httpUrl: urls.http,
      websocketUrl: urls.websocket,
      webUrl,
      lambda,
      mysql,
      mongodbUrl: mongodb.url,
      mongodbDatabase: mongodb.database,
      dynamodbUrl,
      s3Url: urls.s3,
      sqsUrl: sqs.url,
      filesUrl: urls.files,
      putEvent: async (event) => {
        await Promise.all(functionsFor(event).map((functionName) => invoke(functionName, event)));
      },
      mailDirectory,
      release,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};
