/** Where the Temporal UI shows a workflow. */
export const uiLink = (uiUrl: string, namespace: string, workflowId: string): string =>
  `${uiUrl.replace(/\/+$/, '')}/namespaces/${namespace}/workflows/${workflowId}`;
