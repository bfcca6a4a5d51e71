import assert from 'node:assert/strict';
import { test } from 'node:test';
import { synthesize } from '../support/synthesized.ts';

const stage = await synthesize('production');

test('the page’s bucket is private, encrypted, and read by its distribution alone', () => {
  const [bucket, ...others] = stage.all('AWS::S3::Bucket').filter(({ stack }) => stack.endsWith('-web'));
  assert.ok(bucket !== undefined);
  assert.deepEqual(others, []);
  assert.deepEqual(bucket.Properties.PublicAccessBlockConfiguration, {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
  assert.ok(bucket.Properties.BucketEncryption !== undefined);
  const [control] = stage.all('AWS::CloudFront::OriginAccessControl');
  assert.equal(control?.Properties.OriginAccessControlConfig.SigningBehavior, 'always');
  const statements = stage
    .all('AWS::S3::BucketPolicy')
    .filter(({ Properties }) => Properties.Bucket.Ref === bucket.logicalId)
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
  const allowed = statements.filter(({ Effect }) => Effect === 'Allow');
  assert.deepEqual(
    allowed.map(({ Action, Principal }) => [Action, Principal]),
    [['s3:GetObject', { Service: 'cloudfront.amazonaws.com' }]],
  );
  assert.ok(statements.some(({ Effect, Condition }) => Effect === 'Deny' && Condition?.Bool !== undefined));
});

test('every behaviour is HTTPS, compressed, reads only, and sends a policy of headers', () => {
  const [distribution] = stage.all('AWS::CloudFront::Distribution');
  const { DefaultCacheBehavior, CacheBehaviors } = distribution?.Properties.DistributionConfig ?? {};
  const policies = new Set(stage.all('AWS::CloudFront::ResponseHeadersPolicy').map((one) => one.logicalId));
  for (const behavior of [DefaultCacheBehavior, ...CacheBehaviors]) {
    assert.equal(behavior.ViewerProtocolPolicy, 'redirect-to-https');
    assert.equal(behavior.Compress, true);
    assert.deepEqual(behavior.AllowedMethods, ['GET', 'HEAD']);
    assert.ok(policies.has(behavior.ResponseHeadersPolicyId.Ref));
  }
});
