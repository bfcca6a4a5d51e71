import * as z from 'zod';
import { Limits } from '../../functions/contract/limits.ts';
import { endsLikeArn } from './secret-names.ts';

const HostName = z
  .string()
  .regex(/^([a-z0-9-]+\.)+[a-z]{2,}$/, 'Expected a host name such as api.example.org');
/** A name of the stage's own for a distribution of CloudFront. */
const CloudFrontName = z.strictObject({
  name: HostName,
  /** In us-east-1, where CloudFront looks for it. */
  certificateArn: z.string().startsWith('arn:'),
});
const Throttling = z.strictObject({ rateLimit: z.int().min(1), burstLimit: z.int().min(1) });

const Origin = z
  .string()
  .refine(
    (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
    'Expected an origin such as https://chat.example.org, without a path',
  );

/** A cluster of MongoDB Atlas that a stage makes for itself, and to which its functions prove their roles. */
const AtlasCluster = z.strictObject({
  /** An Atlas project of the stage's own, for the addresses that may come in are those of the whole project. */
  projectId: z.string().regex(/^[0-9a-f]{24}$/, 'Expected the 24 hexadecimal digits of an Atlas project'),
  /** Names the secret `cfn/atlas/profile/…`, in which Atlas's resource types look for the project's API key. */
  profile: z.string().regex(/^[\w.-]{1,64}$/),
  instanceSize: z
    .string()
    .regex(/^[MR]\d{2,3}(_NVME)?$/, 'Expected the size of a dedicated cluster such as M10'),
  /** Without it the disk begins as large as Atlas makes it for the size, and grows by itself. */
  diskGb: z.int().min(10).max(4096).optional(),
  mongodbVersion: z.string().regex(/^\d+\.0$/, 'Expected a major version such as 8.0'),
  /** `continuous` can be restored to any second, `snapshots` to those of Atlas's schedule. */
  backup: z.enum(['off', 'snapshots', 'continuous']),
});
export type AtlasCluster = z.infer<typeof AtlasCluster>;

/** Everything in which one stage differs from another. */
export const StageConfig = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9-]{1,19}$/),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Expected a region such as eu-central-1'),
    /** The account that the stage may be deployed to; without one, that of the credentials in use. */
    account: z
      .string()
      .regex(/^\d{12}$/)
      .optional(),
    /** Browser origins that may call the HTTP API. */
    corsOrigins: z.array(Origin).min(1),
    /** The APIs' own names; without them they are at API Gateway's addresses. */
    domains: z
      .strictObject({
        httpApi: HostName,
        webSocketApi: HostName,
        /** In the stage's region, for both names; without it, certificates are made and proved in the hosted zone. */
        certificateArn: z.string().startsWith('arn:').optional(),
        /** Where the names' records go, and that of `edge`; without it, a person writes them. */
        hostedZone: z.strictObject({ id: z.string().min(1), name: HostName }).optional(),
      })
      .refine(({ certificateArn, hostedZone }) => (certificateArn ?? hostedZone) !== undefined, {
        message: 'A domain wants a certificate, or a hosted zone in which one can be proved',
        path: ['certificateArn'],
      })
      .optional(),
    /** CloudFront with a web application firewall in front of the HTTP API, which cannot carry one itself. */
    edge: z
      .strictObject({
        /** Requests of one address within five minutes before it is turned away. */
        requestsPerAddress: z.int().min(100),
        /** Where clients find the HTTP API. */
        domain: CloudFrontName,
        /** One more with a deployment gives CloudFront another secret to show the API; the one before still counts. */
        generation: z.int().min(1).default(1),
      })
      .optional(),
    /** The chat page; at CloudFront's own address unless it has a domain. */
    web: z
      .strictObject({
        domain: CloudFrontName.optional(),
      })
      .default({}),
    /** Where files are kept and served; at CloudFront's own address unless they have a domain. */
    files: z
      .strictObject({
        domain: CloudFrontName.optional(),
        /** The pair of keys that signs URLs, made by `npm run file-keys`; those of the one before still work. */
        keyGeneration: z.int().min(1).default(1),
        /**
         * Whether GuardDuty scans files. A file in which it finds something is not handed out; until it has looked, a file
         * is handed out with `serve` and is not with `hold`.
         */
        malwareScan: z.enum(['off', 'serve', 'hold']).default('off'),
      })
      .prefault({}),
    /** Mails to users. Without it none are sent: no address is verified, and no forgotten password is set anew. */
    mail: z
      .strictObject({
        /** Where they come from. SES sends them once it knows that the domain is the account's. */
        from: z.email().max(254),
        /** The chat page, which links in mails lead to. */
        pageUrl: Origin,
        /** The hosted zone of the domain, for the records by which SES knows it; without it, a person writes them. */
        hostedZoneId: z.string().min(1).optional(),
      })
      .optional(),
    /** Pushing to devices. */
    push: z
      .strictObject({
        /** Whom a push service turns to when something is the matter with what this stage sends. */
        subject: z.string().regex(/^(mailto:.+@.+|https:\/\/.+)$/, 'Expected mailto:… or https://…'),
        /** The hosts of push services; `*.` stands for whatever is below a name. */
        hosts: z
          .array(z.string().regex(/^(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}$/))
          .min(1)
          .default([
            'fcm.googleapis.com',
            '*.push.services.mozilla.com',
            '*.push.apple.com',
            '*.notify.windows.com',
          ]),
        /** The pair of keys that proves to push services who sends, made by `npm run push-keys`. */
        keyGeneration: z.int().min(1).default(1),
        /** Whether apps are pushed to through FCM, whose service account is then beside the keys. */
        fcm: z.boolean().default(false),
        /** How long a message waits for somebody who is connected to read it, in seconds. */
        holdSeconds: z.int().min(0).max(900).default(10),
      })
      .prefault({ subject: 'mailto:operations@example.org' }),
    network: z.strictObject({
      /** Ways out of the VPC, to MongoDB Atlas and API Gateway: one an availability zone, or one to save money. */
      natGateways: z.int().min(1).max(3),
      /**
       * The two availability zones, by their names in the account; without it, the region's first two. Chosen once: other
       * zones are other subnets, which Aurora does not move to.
       */
      zones: z
        .array(z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d[a-z]$/, 'Expected a zone such as eu-central-1a'))
        .length(2)
        .refine(([first, second]) => first !== second, 'Expected two different zones')
        .optional(),
    }),
    mysql: z
      .strictObject({
        database: z.string().regex(/^\w{1,64}$/),
        /** Aurora capacity units; a minimum of 0 lets the cluster pause. */
        minCapacity: z.number().min(0).max(256),
        maxCapacity: z.number().min(1).max(256),
        /** A second instance in another availability zone: the one that takes over, too. */
        reader: z.boolean(),
        /** RDS Proxy: connections outlive a failover, and many functions share few of them. */
        proxy: z.boolean(),
        /** Lets RDS make the password and change it every week. */
        managedPassword: z.boolean(),
        performanceInsights: z.boolean(),
        tls: z.enum(['required', 'off']),
        backupDays: z.int().min(1).max(35),
      })
      .refine((mysql) => !(mysql.proxy && mysql.minCapacity === 0), {
        message:
          'RDS Proxy keeps connections open, so a cluster behind it never pauses: give minCapacity > 0',
        path: ['minCapacity'],
      }),
    mongodb: z.strictObject({
      /** Secrets Manager's name of the connection string; put there by hand unless `cluster` makes it. */
      secretName: z
        .string()
        .min(1)
        .refine((name) => !endsLikeArn(name), {
          message: 'Secrets Manager takes a name that ends in a hyphen and six characters for a complete ARN',
        }),
      database: z.string().min(1),
      /** Atlas's endpoint service, `com.amazonaws.vpce.…`: traffic to it then stays inside AWS. */
      privateLinkService: z.string().startsWith('com.amazonaws.vpce.').optional(),
      /** Absent where the cluster is there already. */
      cluster: AtlasCluster.optional(),
    }),
    /** Whether data outlives the stacks: deletion protection, retained tables. */
    retainData: z.boolean(),
    logs: z.strictObject({
      level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
      /** What API Gateway says of its own work on the WebSocket API; it never writes down what a frame says. */
      execution: z.enum(['OFF', 'ERROR', 'INFO']),
      retentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
    }),
    /** Where alarms are told; AWS asks each address for its consent. */
    alarms: z.strictObject({ recipients: z.array(z.email()) }),
    /** Requests a second, steady and in a burst, on each route. */
    throttling: z.strictObject({
      standard: Throttling,
      /** Routes that hash a password: each request takes a quarter of a second of a whole vCPU. */
      password: Throttling,
    }),
    /**
     * How many of each function may run at once. `standard` is for a function with MySQL, `routes` names others by
     * their id. Absent where the account's own limit does: a new account has 10, and nothing to reserve.
     */
    concurrency: z
      .strictObject({
        /** The account's limit in the region. */
        account: z.int().min(200),
        standard: z.int().min(1),
        routes: z.record(z.string(), z.int().min(1)),
      })
      .optional(),
    features: z.strictObject({
      /** X-Ray traces of requests. */
      tracing: z.boolean(),
      /** New code takes a tenth of the traffic for five minutes, and goes back by itself when it fails. */
      gradualDeployments: z.boolean(),
      /** A line in the log for each connection that the VPC refused. */
      flowLogs: z.boolean(),
    }),
    /**
     * The user names of those who moderate. An account is made before its name is listed: whoever registers a name that is
     * listed already, moderates.
     */
    moderators: z.array(z.string().regex(/^[A-Za-z0-9_.-]+$/)).default([]),
    /** bcrypt's cost. */
    passwordCost: z.int().min(4).max(16),
    /** Where the stage's limits differ from the contract's. */
    limits: Limits.partial().default({}),
  })
  .refine(
    (config) => config.stage === 'local' || (config.mysql.tls === 'required' && config.passwordCost >= 12),
    {
      message: 'A deployed stage wants TLS to MySQL and a password cost of at least 12',
      path: ['mysql', 'tls'],
    },
  )
  .refine(({ mongodb, retainData }) => !(retainData && mongodb.cluster?.backup === 'off'), {
    message: 'Data that is to be retained wants a backup',
    path: ['mongodb', 'cluster', 'backup'],
  })
  .refine(({ region, network }) => network.zones?.every((zone) => zone.startsWith(region)) !== false, {
    message: 'The zones have to be of the region',
    path: ['network', 'zones'],
  })
  .refine(({ edge, domains }) => edge === undefined || domains !== undefined, {
    message: 'CloudFront finds the API by its own name: domains is missing',
    path: ['edge'],
  })
  .refine(
    ({ web, corsOrigins }) => web.domain === undefined || corsOrigins.includes(`https://${web.domain.name}`),
    {
      message: 'The page at web.domain has to be among the origins that may call the API',
      path: ['corsOrigins'],
    },
  );
export type StageConfig = z.infer<typeof StageConfig>;

/** What is wrong with one value, by its name. */
const sentenceOf = (issue: z.core.$ZodIssue): string => {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const name = issue.path.join('.');
  if (missing) return `${name} is missing`;
  return name === '' ? issue.message : `${name}: ${issue.message}`;
};

/** @throws Error with one sentence that names every value that is missing or wrong */
export const parseStageConfig = (name: string, input: unknown): StageConfig => {
  const result = StageConfig.safeParse(input);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(sentenceOf).join('; ');
  throw new Error(`The stage '${name}' cannot be deployed as lib/config/stages.ts has it: ${sentences}.`);
};
