import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App } from 'aws-cdk-lib';
import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { mailResourcesOf } from '../../lib/constructs/mail-resources.ts';
import { MailStack } from '../../lib/stacks/mail-stack.ts';
import { synthesize } from '../support/synthesized.ts';

const production = stageConfig('production');
const { mail } = production;
assert.ok(mail !== undefined);

/** The template of the stack; its properties are untyped here. */
const templateOf = (more: object = {}) => {
  const app = new App({ builtinCloudFormationValidation: false });
  const config = parseStageConfig('production', { ...production, mail: { ...mail, ...more } });
  assert.ok(config.mail !== undefined);
  new MailStack(app, 'mail', { config, mail: config.mail, env: { region: config.region } });
  const { template } = app.synth().getStackByName('mail');
  // oxlint-disable-next-line typescript/no-explicit-any
  const all = (type: string): any[] =>
    Object.values<{ Type: string; Properties: object }>(template.Resources)
      .filter(({ Type }) => Type === type)
      .map(({ Properties }) => Properties);
  return { all, outputs: Object.keys(template.Outputs) };
};

test('mails come from a domain that SES knows by records in DNS, which a person or the stack writes', () => {
  const { all, outputs } = templateOf();
  const [identity] = all('AWS::SES::EmailIdentity');
  assert.equal(identity.EmailIdentity, 'chat.example.org');
  assert.deepEqual(outputs.toSorted(), ['Dkim1', 'Dkim2', 'Dkim3', 'MailFeedbackTopic']);
  const hosted = templateOf({ hostedZoneId: 'Z0123456789' });
  assert.equal(hosted.all('AWS::Route53::RecordSet').length, 3);
  assert.deepEqual(hosted.outputs, ['MailFeedbackTopic']);
});

test('they go by TLS alone, and what bounces or is complained of is sent nothing more, and told', () => {
  const { all } = templateOf();
  const [set] = all('AWS::SES::ConfigurationSet');
  assert.equal(set.Name, mailResourcesOf(production).sender?.configurationSet);
  assert.equal(set.DeliveryOptions.TlsPolicy, 'REQUIRE');
  assert.deepEqual(set.SuppressionOptions.SuppressedReasons, ['BOUNCE', 'COMPLAINT']);
  const [told] = all('AWS::SES::ConfigurationSetEventDestination');
  assert.deepEqual(told.EventDestination.MatchingEventTypes, ['bounce', 'complaint', 'reject']);
  const [policy] = all('AWS::SNS::TopicPolicy');
  const publishers = policy.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === 'Allow',
  );
  assert.equal(publishers.length, 1);
  assert.deepEqual(publishers[0].Principal, { Service: 'ses.amazonaws.com' });
  assert.match(JSON.stringify(publishers[0].Condition), /SourceAccount.*SourceArn.*configuration-set/);
});

test('a stage without a sender sends none, and its functions are told so', () => {
  const { mail: _, ...without } = production;
  const resources = mailResourcesOf(parseStageConfig('production', without));
  assert.equal(resources.sender, undefined);
  assert.equal(resources.pageUrl, production.corsOrigins[0]);
});

test('the function sends from the one address, to whomever: in the sandbox SES asks for the right to the recipient’s identity', async () => {
  const template = await synthesize('production');
  const statements = template
    .all('AWS::IAM::Policy')
    .flatMap(
      ({ Properties }) =>
        Properties.PolicyDocument.Statement as {
          Action: string | string[];
          Resource: string[];
          Condition: object;
        }[],
    )
    .filter(({ Action }) => [Action].flat().some((action) => action.startsWith('ses:')));
  assert.deepEqual(
    statements.map(({ Action }) => Action),
    ['ses:SendEmail'],
  );
  const [{ Resource, Condition } = { Resource: [], Condition: {} }] = statements;
  const resources = Resource.map((resource) => JSON.stringify(resource));
  assert.ok(
    resources.some((resource) => resource.includes(':identity/*"')),
    resources.join(' '),
  );
  assert.ok(resources.some((resource) => resource.includes(':configuration-set/chat-service-production"')));
  assert.deepEqual(Condition, { StringEquals: { 'ses:FromAddress': mail.from } });
});
