import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseStageConfig } from '../../lib/config/stage-config.ts';
import { stageConfig } from '../../lib/config/stages.ts';
import { everything } from '../support/everything.ts';
import { synthesize } from '../support/synthesized.ts';

const production = stageConfig('production');
const full = await synthesize(everything);
const certificateArn = 'arn:aws:acm:eu-central-1:123456789012:certificate/0';
/** As the stage with everything, but that nobody writes records for it; and in zones of its own. */
const unhosted = await synthesize(
  parseStageConfig('unhosted', {
    ...everything,
    stage: 'unhosted',
    corsOrigins: ['https://chat.example.org'],
    network: { ...everything.network, zones: ['eu-central-1b', 'eu-central-1c'] },
    domains: { httpApi: 'api.chat.example.org', webSocketApi: 'ws.chat.example.org', certificateArn },
    web: {
      domain: {
        name: 'chat.example.org',
        certificateArn: 'arn:aws:acm:us-east-1:123456789012:certificate/0',
      },
    },
  }),
);

suite('a name of one’s own', () => {
  /** The names whose records a person writes, by the stack that says so. */
  const toWrite = (stage: typeof full): Record<string, string> =>
    Object.fromEntries(
      [...stage.outputs].flatMap(([stack, { NameRecord: record }]) =>
        record === undefined
          ? []
          : [
              [
                stack.replace(/^chat-service-[a-z]+-/, ''),
                // The target is of CloudFront or API Gateway, and stands in no template.
                /^\{"Fn::Join":\["",\["([\w.]+) CNAME ",\{"Fn::GetAtt":\["\w+","(?:Regional)?DomainName"\]\}\]\]\}$/.exec(
                  JSON.stringify(record.Value),
                )?.[1] ?? JSON.stringify(record.Value),
              ],
            ],
      ),
    );

  test('has a record that its stack writes, or an output that says which one to write', () => {
    assert.deepEqual(toWrite(unhosted), {
      edge: 'edge.chat.example.org',
      files: 'files.chat.example.org',
      'http-entry': 'api.chat.example.org',
      web: 'chat.example.org',
      'websocket-api': 'ws.chat.example.org',
    });
    assert.deepEqual(toWrite(full), { files: 'files.chat.example.org' });
    const names = (stage: typeof full): string[] => [
      ...stage.all('AWS::ApiGatewayV2::DomainName').map(({ Properties }) => String(Properties.DomainName)),
      ...stage
        .all('AWS::CloudFront::Distribution')
        .flatMap(({ Properties }) => (Properties.DistributionConfig.Aliases ?? []) as string[]),
    ];
    for (const stage of [full, unhosted]) {
      const written = stage
        .all('AWS::Route53::RecordSet')
        .map(({ Properties }) => String(Properties.Name).replace(/\.$/, ''));
      const said = Object.values(toWrite(stage));
      for (const name of names(stage)) {
        assert.equal([...written, ...said].filter((one) => one === name).length, 1, name);
      }
    }
  });
});

suite('zones', () => {
  const zonesOf = (stage: typeof full): unknown[] => [
    ...new Set(
      stage.all('AWS::EC2::Subnet').map(({ Properties }) => JSON.stringify(Properties.AvailabilityZone)),
    ),
  ];

  test('are those that the stage names, or the first two of the region', () => {
    assert.equal(production.network.zones, undefined);
    assert.deepEqual(zonesOf(unhosted), ['"eu-central-1b"', '"eu-central-1c"']);
    assert.deepEqual(
      zonesOf(full),
      [0, 1].map((index) => JSON.stringify({ 'Fn::Select': [index, { 'Fn::GetAZs': '' }] })),
    );
  });
});
