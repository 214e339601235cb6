use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tracing::{debug, warn};

use crate::api;
use crate::code::Exporter;
use crate::metrics::Metrics;
use crate::server::State;
use crate::socket::Peer;

/// How long TLS and a request's headers may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(5);
/// Headers of a request, in bytes: hyper takes no less.
const MAX_HEADER_BYTES: usize = 8 * 1024;
/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// Takes connections until the server stops: counts them in, ends TLS, and hands them to HTTP.
pub(crate) async fn accept(listener: TcpListener, state: Arc<State>) {
    let router = api::router(Arc::clone(&state));
    let mut stopping = state.stopping();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => match state.count_in(peer.ip()) {
                Some(counted) => {
                    let (tls, router) = (state.called().tls.clone(), router.clone());
                    tokio::spawn(async move {
                        let state = Arc::clone(&counted.state);
                        serve(
                            stream,
                            Peer { address: peer.ip(), exporter: None, _counts: Arc::new(counted) },
                            tls,
                            router,
                            &state,
                        )
                        .await;
                    });
                }
                None => Metrics::add(&state.metrics.conns_refused, 1),
            },
            Err(error) => {
                // Out of file handles, mostly: let some go first.
                warn!(%error, "connection not accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(
    stream: TcpStream,
    mut peer: Peer,
    tls: Option<TlsAcceptor>,
    router: Router,
    state: &Arc<State>,
) {
    // Small messages go at once; a failure costs milliseconds, not the socket.
    let _ = stream.set_nodelay(true);
    let Some(tls) = tls else {
        return http(stream, peer, router, state).await;
    };
    let mut first = [0];
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, stream.peek(&mut first)).await {
        Ok(Ok(1)) if first == [TLS_HANDSHAKE] => {}
        Ok(Ok(1)) => return redirect(stream, state).await,
        _ => return,
    }
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let exported = stream.get_ref().1.export_keying_material(
                Exporter::default(),
                sync_protocol::CODE_EXPORTER_LABEL,
                None,
            );
            // Without it no short code works on this connection, and nothing else is missing.
            peer.exporter = exported.ok();
            http(stream, peer, router, state).await;
        }
        Ok(Err(error)) => debug!(%error, "handshake failed"),
        Err(_) => debug!("handshake too slow"),
    }
}

async fn http<S>(stream: S, peer: Peer, router: Router, state: &Arc<State>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    // Not as a layer: that would copy the router for each connection.
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HANDSHAKE_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut stopping = state.stopping();
    let mut connection = std::pin::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        _ = stopping.changed() => {
            // A streamed answer still says goodbye.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        debug!(%error, "connection ended");
    }
}

/// Plain HTTP on the TLS port is told where to go, and nothing else.
async fn redirect(mut stream: TcpStream, state: &State) {
    let host = state.public_host();
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let answer = format!(
        "HTTP/1.1 308 Permanent Redirect\r\nLocation: https://{host}:{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        state.address.port()
    );
    // It asked in the wrong language; whether it hears the answer does not matter.
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}
