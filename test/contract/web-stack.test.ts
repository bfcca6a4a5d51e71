import assert from 'node:assert/strict';
import { test } from 'node:test';
import { synthesize } from '../support/synthesized.ts';

const stage = await synthesize('production');
const ofThePage = (type: string) => stage.all(type).filter(({ stack }) => stack.endsWith('-web'));

test('the page’s bucket is private, encrypted, and read by its distribution alone', () => {
  const [bucket, ...others] = ofThePage('AWS::S3::Bucket');
  assert.ok(bucket !== undefined);
  assert.deepEqual(others, []);
  assert.deepEqual(bucket.Properties.PublicAccessBlockConfiguration, {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  });
  assert.ok(bucket.Properties.BucketEncryption !== undefined);
  const [control] = ofThePage('AWS::CloudFront::OriginAccessControl');
  assert.equal(control?.Properties.OriginAccessControlConfig.SigningBehavior, 'always');
  const statements = ofThePage('AWS::S3::BucketPolicy')
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
  const [distribution] = ofThePage('AWS::CloudFront::Distribution');
  const { DefaultCacheBehavior, CacheBehaviors } = distribution?.Properties.DistributionConfig ?? {};
  const policies = new Set(ofThePage('AWS::CloudFront::ResponseHeadersPolicy').map((one) => one.logicalId));
  for (const behavior of [DefaultCacheBehavior, ...CacheBehaviors]) {
    assert.equal(behavior.ViewerProtocolPolicy, 'redirect-to-https');
    assert.equal(behavior.Compress, true);
    assert.deepEqual(behavior.AllowedMethods, ['GET', 'HEAD']);
    assert.ok(policies.has(behavior.ResponseHeadersPolicyId.Ref));
  }
});
