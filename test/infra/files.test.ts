import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { suite, test } from 'node:test';
import { promisify } from 'node:util';
import { App, Stack } from 'aws-cdk-lib';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Need } from '../../functions/contract/route.ts';
import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { grantNeed, type StageResources } from '../../lib/constructs/stage-resources.ts';
import { closeNow, listen } from '../../lib/local/listening.ts';
import { FilesStack } from '../../lib/stacks/files-stack.ts';

/** A resource of the template; its properties are untyped here. */
interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: string;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly Properties: any;
}

const production = stageConfig('production');

const resourcesOf = (change: object = {}): Resource[] => {
  const app = new App({ builtinCloudFormationValidation: false });
  const config = parseStageConfig('production', { ...production, ...change });
  new FilesStack(app, 'files', { config, env: { region: config.region } });
  const { Resources } = app.synth().getStackByName('files').template as {
    Resources: Record<string, Resource>;
  };
  return Object.values(Resources);
};
const resources = resourcesOf();
const all = (type: string, from = resources) => from.filter(({ Type }) => Type === type);
const one = (type: string, from = resources): Resource['Properties'] => {
  const [resource, ...others] = all(type, from);
  assert.ok(resource !== undefined && others.length === 0, `one ${type}`);
  return resource.Properties;
};

suite('the bucket', () => {
  const bucket = one('AWS::S3::Bucket');

  test('is private, encrypted, reached by TLS alone, and kept with its versions', () => {
    assert.deepEqual(bucket.PublicAccessBlockConfiguration, {
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    assert.ok(bucket.BucketEncryption !== undefined);
    assert.deepEqual(bucket.VersioningConfiguration, { Status: 'Enabled' });
    assert.equal(all('AWS::S3::Bucket')[0]?.DeletionPolicy, 'RetainExceptOnCreate');
    const denied = one('AWS::S3::BucketPolicy').PolicyDocument.Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === 'Deny',
    );
    assert.ok(
      denied.some(
        (statement: { Condition: object }) =>
          JSON.stringify(statement.Condition) === '{"Bool":{"aws:SecureTransport":"false"}}',
      ),
    );
  });

  test('lets CloudFront read what is served, for this distribution alone, and nobody else anything', () => {
    const allowed = one('AWS::S3::BucketPolicy').PolicyDocument.Statement.filter(
      ({ Effect }: { Effect: string }) => Effect === 'Allow',
    );
    for (const { Action, Principal, Condition } of allowed) {
      assert.deepEqual([Action, Principal], ['s3:GetObject', { Service: 'cloudfront.amazonaws.com' }]);
      assert.match(JSON.stringify(Condition), /^\{"ArnEquals":\{"AWS:SourceArn":.*distribution\//);
    }
    const served = allowed
      .flatMap(({ Resource }: { Resource: unknown }) => [Resource].flat())
      .map((arn: { 'Fn::Join': [string, unknown[]] }) => arn['Fn::Join'][1].at(-1));
    assert.deepEqual(served, ['/f/*', '/t/*', '/a/*']);
  });

  test('keeps back what GuardDuty found something in, and where the stage says so what it has not looked at', () => {
    assert.deepEqual(all('AWS::GuardDuty::MalwareProtectionPlan'), []);
    for (const [malwareScan, condition] of [
      ['serve', { StringNotEquals: { 's3:ExistingObjectTag/GuardDutyMalwareScanStatus': 'THREATS_FOUND' } }],
      [
        'hold',
        {
          StringEquals: {
            's3:ExistingObjectTag/GuardDutyMalwareScanStatus': ['NO_THREATS_FOUND', 'UNSUPPORTED'],
          },
        },
      ],
    ] as const) {
      const scanned = resourcesOf({ files: { malwareScan } });
      const { ProtectedResource, Actions } = one('AWS::GuardDuty::MalwareProtectionPlan', scanned);
      assert.deepEqual(ProtectedResource.S3Bucket.ObjectPrefixes, ['f/']);
      assert.equal(Actions.Tagging.Status, 'ENABLED');
      const files = one('AWS::S3::BucketPolicy', scanned).PolicyDocument.Statement.find(
        ({ Effect, Resource }: { Effect: string; Resource: unknown }) =>
          Effect === 'Allow' && JSON.stringify(Resource).includes('/f/*'),
      );
      const { ArnEquals: _, ...verdict } = files.Condition;
      assert.deepEqual(verdict, condition);
    }
  });

  test('forgets uploads within a day, and what was removed once MySQL can be set back to it no more', () => {
    const rules = bucket.LifecycleConfiguration.Rules.map(
      (rule: Record<string, unknown>) =>
        [
          rule['Prefix'] ?? '',
          rule['ExpirationInDays'] ?? (rule['ExpiredObjectDeleteMarker'] === true ? 'markers' : 'never'),
          (rule['NoncurrentVersionExpiration'] as { NoncurrentDays: number } | undefined)?.NoncurrentDays,
        ] as const,
    );
    assert.deepEqual(rules, [
      ['u/', 1, 1],
      ['d/', 1, 1],
      ['f/', 'never', 35],
      ['t/', 'never', 35],
      ['a/', 'never', 35],
      ['', 'markers', undefined],
    ]);
    const dev = one('AWS::S3::Bucket', resourcesOf({ retainData: false }));
    assert.equal(dev.VersioningConfiguration, undefined);
    assert.deepEqual(
      dev.LifecycleConfiguration.Rules.map(({ Prefix }: { Prefix: string }) => Prefix),
      ['u/', 'd/'],
    );
  });

  test('takes forms from pages of the stage', () => {
    const [rule] = bucket.CorsConfiguration.CorsRules;
    assert.deepEqual([rule.AllowedMethods, rule.AllowedOrigins], [['POST'], production.corsOrigins]);
  });
});

suite('the distribution', () => {
  const { DefaultCacheBehavior, CacheBehaviors } = one('AWS::CloudFront::Distribution').DistributionConfig;

  test('wants a signature for everything but avatars', () => {
    const wanting = CacheBehaviors.map(
      ({ PathPattern, TrustedKeyGroups }: { PathPattern: string; TrustedKeyGroups?: unknown[] }) => [
        PathPattern,
        TrustedKeyGroups?.length ?? 0,
      ],
    );
    assert.deepEqual(wanting, [
      ['f/*', 1],
      ['t/*', 1],
      ['a/*', 0],
    ]);
    assert.equal(DefaultCacheBehavior.TrustedKeyGroups.length, 1);
  });

  test('speaks HTTPS, only reads, and tells browsers to run nothing of it', () => {
    const policies = all('AWS::CloudFront::ResponseHeadersPolicy');
    assert.equal(policies.length, 2);
    for (const behavior of [DefaultCacheBehavior, ...CacheBehaviors]) {
      assert.equal(behavior.ViewerProtocolPolicy, 'https-only');
      assert.deepEqual(behavior.AllowedMethods, ['GET', 'HEAD']);
      assert.ok(behavior.ResponseHeadersPolicyId !== undefined);
    }
    for (const { Properties } of policies) {
      const { SecurityHeadersConfig: security } = Properties.ResponseHeadersPolicyConfig;
      assert.equal(security.ContentSecurityPolicy.ContentSecurityPolicy, "sandbox; default-src 'none'");
      assert.deepEqual(security.ContentTypeOptions, { Override: true });
    }
  });

  test('knows the key that signs and the one before, by the secrets of their generations', () => {
    const secretsOf = (from: Resource[]) =>
      all('AWS::CloudFront::PublicKey', from).map(({ Properties }) =>
        String(Properties.PublicKeyConfig.EncodedKey),
      );
    const secret = (generation: number) =>
      `{{resolve:secretsmanager:chat-service/production/keys/files/${generation}:SecretString:public_key::}}`;
    assert.deepEqual(secretsOf(resources), [secret(1)]);
    const rotated = resourcesOf({ files: { keyGeneration: 3 } });
    assert.deepEqual(secretsOf(rotated), [secret(3), secret(2)]);
    assert.equal(one('AWS::CloudFront::KeyGroup', rotated).KeyGroupConfig.Items.length, 2);
  });
});

suite('a need gives a function', () => {
  /** The rights of a function with a need, and its variables. */
  const given = (need: Need) => {
    const app = new App({ builtinCloudFormationValidation: false });
    const stack = new Stack(app, 'functions');
    const lambda = new LambdaFunction(stack, 'Function', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code: Code.fromInline('-'),
    });
    const files = {
      bucket: new Bucket(stack, 'Bucket'),
      url: 'https://files.example.org',
      keyId: 'K1',
      keySecret: Secret.fromSecretNameV2(stack, 'Keys', 'keys/files/1'),
    };
    const environment = grantNeed(need, { files } as unknown as StageResources, lambda);
    const { Resources } = app.synth().getStackByName('functions').template as {
      Resources: Record<string, Resource>;
    };
    const statements = one('AWS::IAM::Policy', Object.values(Resources)).PolicyDocument.Statement as {
      Action: string | string[];
      Resource: unknown;
    }[];
    const rights = statements.flatMap(({ Action, Resource }) =>
      [Resource].flat().map((resource) => {
        const text = JSON.stringify(resource);
        const objects = /"\/(\w\/\*)"/.exec(text)?.[1];
        return `${[Action].flat().join('+')} ${objects ?? (text.includes('Bucket') ? 'bucket' : 'secret')}`;
      }),
    );
    return { rights, environment: Object.keys(environment) };
  };

  for (const [need, rights] of [
    ['upload-forms', ['s3:PutObject u/*']],
    ['image-decoding', ['s3:GetObject u/*', 's3:PutObject d/*']],
    [
      'file-intake',
      [
        's3:ListBucket bucket',
        's3:GetObject u/*',
        's3:GetObject d/*',
        's3:PutObject f/*',
        's3:PutObject t/*',
        's3:DeleteObject u/*',
        's3:DeleteObject d/*',
      ],
    ],
    ['avatars', ['s3:GetObject t/*', 's3:PutObject a/*', 's3:DeleteObject a/*']],
    ['file-removal', ['u', 'd', 'f', 't', 'a'].map((prefix) => `s3:DeleteObject ${prefix}/*`)],
  ] as const) {
    test(`${need}: these objects and no others`, () => {
      assert.deepEqual(given(need), { rights, environment: ['FILES_BUCKET'] });
    });
  }

  test('file-urls: the secret of the key, and CloudFront’s name of it', () => {
    assert.deepEqual(given('file-urls'), {
      rights: ['secretsmanager:GetSecretValue+secretsmanager:DescribeSecret secret'],
      environment: ['FILES_URL', 'FILE_KEY_ID', 'FILE_KEY_SECRET_ARN'],
    });
  });
});

test('npm run file-keys puts a pair into Secrets Manager where the template looks for it, once', async () => {
  const made = new Map<string, string>();
  const createSecret = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { Name, SecretString } = (await json(request)) as { Name: string; SecretString: string };
    const isThere = made.has(Name);
    if (!isThere) made.set(Name, SecretString);
    response
      .writeHead(isThere ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(isThere ? { __type: 'ResourceExistsException' } : { ARN: `arn:${Name}` }));
  };
  const server = createServer((request, response) => void createSecret(request, response));
  const port = await listen(server, 0, '127.0.0.1');
  const run = async (...parameters: string[]) =>
    promisify(execFile)(process.execPath, ['bin/file-keys.ts', '--stage', 'production', ...parameters], {
      cwd: join(import.meta.dirname, '../..'),
      env: {
        ...process.env,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${port}`,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    }).catch((error: { readonly stderr: string }) => error);
  try {
    const name = 'chat-service/production/keys/files/1';
    assert.match(((await run()) as { stdout: string }).stdout, new RegExp(`Made arn:${name}`));
    const { public_key: publicKey, private_key: privateKey } = JSON.parse(made.get(name) ?? '') as Record<
      'public_key' | 'private_key',
      string
    >;
    const signature = sign('sha256', Buffer.from('x'), createPrivateKey(privateKey));
    assert.ok(verify('sha256', Buffer.from('x'), createPublicKey(publicKey), signature));
    assert.equal(createPublicKey(publicKey).asymmetricKeyDetails?.modulusLength, 2048);
    const before = made.get(name);
    assert.match((await run()).stderr, /is there already.*--generation 2/);
    assert.equal(made.get(name), before);
    await run('--generation', '2');
    assert.equal(made.size, 2);
  } finally {
    await closeNow(server);
  }
});
