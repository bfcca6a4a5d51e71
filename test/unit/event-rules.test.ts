import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { matchesPattern } from '../../lib/local/event-rules.ts';

suite('a pattern of EventBridge’s', () => {
  const pattern = {
    source: ['aws.guardduty'],
    detail: { result: { status: ['THREATS_FOUND', 'FAILED'] } },
  };

  test('fits an event whose fields have one of its values', () => {
    const event = { source: 'aws.guardduty', detail: { result: { status: 'FAILED', more: 1 } }, id: '1' };
    assert.ok(matchesPattern(pattern, event));
    assert.ok(matchesPattern({}, event));
  });

  test('fits no event that lacks a field, or has another value', () => {
    for (const event of [
      {},
      { source: 'aws.guardduty' },
      { source: 'aws.s3', detail: { result: { status: 'FAILED' } } },
      { source: 'aws.guardduty', detail: { result: 'FAILED' } },
      { source: 'aws.guardduty', detail: { result: { status: 'NO_THREATS_FOUND' } } },
    ]) {
      assert.ok(!matchesPattern(pattern, event), JSON.stringify(event));
    }
  });

  test('is refused when it has an operator', () => {
    assert.throws(
      () => matchesPattern({ source: [{ prefix: 'aws.' }] }, { source: 'aws.s3' }),
      /does not understand/,
    );
  });
});
