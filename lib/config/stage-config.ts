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

/** A MongoDB Atlas cluster that the stage creates; functions authenticate to it with their IAM roles. */
const AtlasCluster = z.strictObject({
  /** An Atlas project used by this stage only, since the access list of addresses applies to a whole project. */
  projectId: z.string().regex(/^[0-9a-f]{24}$/, 'Expected the 24 hexadecimal digits of an Atlas project'),
  /** Names the secret `cfn/atlas/profile/…`, in which Atlas's resource types find the project's API key. */
  profile: z.string().regex(/^[\w.-]{1,64}$/),
  instanceSize: z
    .string()
    .regex(/^[MR]\d{2,3}(_NVME)?$/, 'Expected the size of a dedicated cluster such as M10'),
  /** Without it, the disk starts at Atlas's default for the tier and grows automatically. */
  diskGb: z.int().min(10).max(4096).optional(),
  mongodbVersion: z.string().regex(/^\d+\.0$/, 'Expected a major version such as 8.0'),
  /** `continuous` can be restored to any second, `snapshots` to the times of Atlas's schedule. */
  backup: z.enum(['off', 'snapshots', 'continuous']),
});
export type AtlasCluster = z.infer<typeof AtlasCluster>;

/** All settings in which stages differ. */
export const StageConfig = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9-]{1,19}$/),
    region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'Expected a region such as eu-central-1'),
    /** The account that the stage may be deployed to; without one, the account of the current credentials. */
    account: z
      .string()
      .regex(/^\d{12}$/)
      .optional(),
    /** Browser origins that may call the HTTP API. */
    corsOrigins: z.array(Origin).min(1),
    /** Custom domains of the APIs; without them the APIs have API Gateway's addresses. */
    domains: z
      .strictObject({
        httpApi: HostName,
        webSocketApi: HostName,
        /**
         * In the stage's region, for both names; without it, certificates are created and validated in the hosted zone.
         */
        certificateArn: z.string().startsWith('arn:').optional(),
        /** The zone for the DNS records of these names and of `edge`; without it, a person creates the records. */
        hostedZone: z.strictObject({ id: z.string().min(1), name: HostName }).optional(),
      })
      .refine(({ certificateArn, hostedZone }) => (certificateArn ?? hostedZone) !== undefined, {
        message: 'A domain wants a certificate, or a hosted zone in which one can be proved',
        path: ['certificateArn'],
      })
      .optional(),
    /**
     * CloudFront with a web application firewall in front of the HTTP API, which does not support a firewall itself.
     */
    edge: z
      .strictObject({
        /** The number of requests from one address within five minutes above which it is blocked. */
        requestsPerAddress: z.int().min(100),
        /** The domain at which clients reach the HTTP API. */
        domain: CloudFrontName,
        /**
         * Increment it and deploy, to rotate the secret by which the API recognizes CloudFront; the previous secret
         * stays valid.
         */
        generation: z.int().min(1).default(1),
      })
      .optional(),
    /** The chat page; without a domain, it has CloudFront's address. */
    web: z
      .strictObject({
        domain: CloudFrontName.optional(),
      })
      .default({}),
    /** Storage and delivery of files; without a domain, they have CloudFront's address. */
    files: z
      .strictObject({
        domain: CloudFrontName.optional(),
        /**
         * The generation of the key pair that signs URLs, created by `npm run file-keys`; the previous pair stays
         * valid.
         */
        keyGeneration: z.int().min(1).default(1),
        /**
         * Whether GuardDuty scans files. A file with a finding is never delivered. A file that is not scanned yet is
         * delivered with `serve`, and withheld with `hold`.
         */
        malwareScan: z.enum(['off', 'serve', 'hold']).default('off'),
      })
      .prefault({}),
    /**
     * Mails to users. Without it no mails are sent: addresses cannot be verified, and forgotten passwords cannot be
     * reset.
     */
    mail: z
      .strictObject({
        /** The sender's address. SES sends only after it has verified that the domain belongs to the account. */
        from: z.email().max(254),
        /** The origin of the chat page, which links in mails lead to. */
        pageUrl: Origin,
        /**
         * The hosted zone of the domain, for the records by which SES verifies it; without it, a person creates the
         * records.
         */
        hostedZoneId: z.string().min(1).optional(),
      })
      .optional(),
    /** Push messages to devices. */
    push: z
      .strictObject({
        /** The contact for push services in case of problems with this stage's pushes. */
        subject: z.string().regex(/^(mailto:.+@.+|https:\/\/.+)$/, 'Expected mailto:… or https://…'),
        /** The hosts of push services; `*.` matches all subdomains. */
        hosts: z
          .array(z.string().regex(/^(\*\.)?([a-z0-9-]+\.)+[a-z]{2,}$/))
          .min(1)
          .default([
            'fcm.googleapis.com',
            '*.push.services.mozilla.com',
            '*.push.apple.com',
            '*.notify.windows.com',
          ]),
        /**
         * The generation of the key pair that identifies the stage to push services, created by `npm run push-keys`.
         */
        keyGeneration: z.int().min(1).default(1),
        /** Whether apps get pushes through FCM; its service account is then stored beside the keys. */
        fcm: z.boolean().default(false),
        /** How long a push waits for a connected user to read the message, in seconds. */
        holdSeconds: z.int().min(0).max(900).default(10),
      })
      .prefault({ subject: 'mailto:operations@example.org' }),
    network: z.strictObject({
      /**
       * The number of NAT gateways, by which functions in the VPC reach MongoDB Atlas and API Gateway: one per
       * availability zone, or a single one to save money.
       */
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
        /** Aurora capacity units; with a minimum of 0 the cluster can pause. */
        minCapacity: z.number().min(0).max(256),
        maxCapacity: z.number().min(1).max(256),
        /** A second instance in another availability zone, which also takes over in a failover. */
        reader: z.boolean(),
        /** RDS Proxy: connections survive a failover, and many functions share a few connections. */
        proxy: z.boolean(),
        /** Whether RDS creates the password and changes it every week. */
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
      /** The name in Secrets Manager of the connection string; created by hand unless `cluster` is set. */
      secretName: z
        .string()
        .min(1)
        .refine((name) => !endsLikeArn(name), {
          message: 'Secrets Manager takes a name that ends in a hyphen and six characters for a complete ARN',
        }),
      database: z.string().min(1),
      /** Atlas's endpoint service, `com.amazonaws.vpce.…`: with it, traffic stays inside AWS. */
      privateLinkService: z.string().startsWith('com.amazonaws.vpce.').optional(),
      /** Absent when the cluster exists already. */
      cluster: AtlasCluster.optional(),
    }),
    /** Whether data survive the deletion of stacks: deletion protection, retained tables. */
    retainData: z.boolean(),
    logs: z.strictObject({
      level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
      /** API Gateway's execution logs of the WebSocket API; they never contain the contents of frames. */
      execution: z.enum(['OFF', 'ERROR', 'INFO']),
      retentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
    }),
    /** The recipients of alarms; AWS asks each address for its consent. */
    alarms: z.strictObject({ recipients: z.array(z.email()) }),
    /** Requests per second and route: the steady rate and the burst. */
    throttling: z.strictObject({
      standard: Throttling,
      /** For routes that hash a password: each request takes a quarter of a second of a whole vCPU. */
      password: Throttling,
    }),
    /**
     * The maximal concurrency per function. `standard` applies to functions that use MySQL; `routes` overrides it for
     * single functions, by route id. Absent when only the account's limit applies: a new account has 10, and nothing to
     * reserve.
     */
    concurrency: z
      .strictObject({
        /** The account's concurrency limit in the region. */
        account: z.int().min(200),
        standard: z.int().min(1),
        routes: z.record(z.string(), z.int().min(1)),
      })
      .optional(),
    features: z.strictObject({
      /** X-Ray traces of requests. */
      tracing: z.boolean(),
      /** New code gets a tenth of the traffic for five minutes, and is rolled back automatically when it fails. */
      gradualDeployments: z.boolean(),
      /** Logs a line for each connection that the VPC rejected. */
      flowLogs: z.boolean(),
    }),
    /**
     * The user names of the moderators. Create an account before listing its name: anybody who registers a listed name
     * becomes a moderator.
     */
    moderators: z.array(z.string().regex(/^[A-Za-z0-9_.-]+$/)).default([]),
    /** The cost factor of bcrypt. */
    passwordCost: z.int().min(4).max(16),
    /** Limits of the stage that differ from the contract's defaults. */
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

/** The message for one invalid value, with its name. */
const sentenceOf = (issue: z.core.$ZodIssue): string => {
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const name = issue.path.join('.');
  if (missing) return `${name} is missing`;
  return name === '' ? issue.message : `${name}: ${issue.message}`;
};

/** @throws Error with one sentence that names every missing or invalid value */
export const parseStageConfig = (name: string, input: unknown): StageConfig => {
  const result = StageConfig.safeParse(input);
  if (result.success) return result.data;
  const sentences = result.error.issues.map(sentenceOf).join('; ');
  throw new Error(`The stage '${name}' cannot be deployed as lib/config/stages.ts has it: ${sentences}.`);
};
