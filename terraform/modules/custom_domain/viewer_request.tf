# The function at CloudFront's edge. Its text is configuration and no file beside it: Terraform
# reads a file again when it applies, so a saved plan would apply in the folder alone where it was
# made.

locals {
  viewer_request = <<-JAVASCRIPT
    // Runs at CloudFront for each request, before it goes on to the Function URL.
    // https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-javascript-runtime-20.html
    import cf from 'cloudfront';

    const store = cf.kvs();

    function unavailable() {
      const message = 'The domain is not connected to its server yet. Run `mesh domain rotate`.';
      return {
        statusCode: 503,
        statusDescription: 'Service Unavailable',
        headers: {
          'content-type': { value: 'application/json' },
          'cache-control': { value: 'no-store' },
        },
        body: JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32603, message: message } }),
      };
    }

    async function handler(event) {
      const request = event.request;
      let secret;
      try {
        secret = await store.get('origin-secret');
      } catch (error) {
        return unavailable();
      }
      // In place of whatever the client sent under these names.
      request.headers['x-mesh-origin-secret'] = { value: secret };
      request.headers['x-mesh-viewer-address'] = { value: event.viewer.ip };
      return request;
    }
  JAVASCRIPT
}
