/** Where CloudWatch keeps the service's own metrics. */
export const METRICS_NAMESPACE = 'ChatService';

/** The service's own metrics and their units. */
export const metricUnits = {
  /** Messages that were stored; repeated sends do not count. */
  MessagesSent: 'Count',
  /** Events that API Gateway accepted for a connection. */
  Delivered: 'Count',
  /** Events that could not be posted, although the connection may be open. */
  PostFailures: 'Count',
  /** Posts to connections that were gone. */
  GoneConnections: 'Count',
  /** The time from accepting a message to its delivery on the last connection. */
  SendToDeliverMilliseconds: 'Milliseconds',
  /**
   * Frames and handshakes that the service failed to serve: those that are answered with 500 or 503, as a status or in an
   * `error` frame. API Gateway counts no answers in frames, and refused handshakes among its errors.
   */
  FailedFrames: 'Count',
  /** Pushes that a push service took. */
  Pushed: 'Count',
  /** Pushes that a push service refused for good, for a reason that is not the device's. */
  PushesRefused: 'Count',
  /** Contents without metadata that a run of `reap-orphans` removed. */
  Orphans: 'Count',
  /** Connections that a run of `reap-connections` ended. */
  ConnectionsEnded: 'Count',
  /** Reports that wait for a moderator. */
  OpenReports: 'Count',
  /** For how long the report has waited that has waited longest. */
  OldestOpenReportSeconds: 'Seconds',
} as const;

export type MetricName = keyof typeof metricUnits;
