import * as z from 'zod';
import { Limits } from '../../functions/routes/limits.ts';

const Origin = z
  .string()
  .refine(
    (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
    'Expected an origin such as https://chat.example.org, without a path',
  );

/** Everything in which one stage differs from another. */
export const StageConfig = z
  .strictObject({
    stage: z.string().regex(/^[a-z][a-z0-9-]{1,19}$/),
    region: z.string().min(1),
    /** The account that the stage may be deployed to; without one, that of the credentials in use. */
    account: z
      .string()
      .regex(/^\d{12}$/)
      .optional(),
    /** Browser origins that may call the HTTP API. */
    corsOrigins: z.array(Origin).min(1),
    /** The chat page; at CloudFront's own address unless it has a domain. */
    web: z
      .strictObject({
        domain: z
          .strictObject({
            name: z.string().min(1),
            /** In us-east-1, where CloudFront looks for it. */
            certificateArn: z.string().startsWith('arn:'),
          })
          .optional(),
      })
      .default({}),
    network: z.strictObject({
      /** Ways out of the VPC, to MongoDB Atlas and API Gateway: one an availability zone, or one to save money. */
      natGateways: z.int().min(1).max(3),
    }),
    mysql: z
      .strictObject({
        database: z.string().regex(/^\w{1,64}$/),
        /** Aurora capacity units; a minimum of 0 lets the cluster pause. */
        minCapacity: z.number().min(0).max(256),
        maxCapacity: z.number().min(1).max(256),
        reader: z.boolean(),
        proxy: z.boolean(),
        tls: z.enum(['required', 'off']),
        backupDays: z.int().min(1).max(35),
      })
      .refine((mysql) => !(mysql.proxy && mysql.minCapacity === 0), {
        message:
          'RDS Proxy keeps connections open, so a cluster behind it never pauses: give minCapacity > 0',
        path: ['minCapacity'],
      }),
    mongodb: z.strictObject({
      /** Secrets Manager's name of the Atlas connection string, put there by hand before the first deployment. */
      secretName: z.string().min(1),
      database: z.string().min(1),
      /** Which index searches use: `text` is on every MongoDB, `atlas` on Atlas only. */
      search: z.enum(['text', 'atlas']),
    }),
    /** Whether data outlives the stacks: deletion protection, retained tables. */
    retainData: z.boolean(),
    logs: z.strictObject({
      level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']),
      retentionDays: z.union([z.literal(7), z.literal(30), z.literal(90), z.literal(365)]),
    }),
    /** Requests a second, steady and in a burst, on each of the two APIs. */
    throttling: z.strictObject({ rateLimit: z.int().min(1), burstLimit: z.int().min(1) }),
    /** bcrypt's cost. */
    passwordCost: z.int().min(4).max(16),
    /** Makes every answer fit its schema before it leaves. */
    validateOutput: z.boolean(),
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
  .refine(
    ({ web, corsOrigins }) => web.domain === undefined || corsOrigins.includes(`https://${web.domain.name}`),
    {
      message: 'The page at web.domain has to be among the origins that may call the API',
      path: ['corsOrigins'],
    },
  );
export type StageConfig = z.infer<typeof StageConfig>;
