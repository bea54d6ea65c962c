# Sourced by `make test`: finds the programs that tests need and the distribution's PostgreSQL, and installs what is missing
# as root or by sudo; else prints the one line that does and fails. Sets OLDER_POSTGRES.

find_older_postgres() {
  OLDER_POSTGRES=""
  for folder in /usr/lib/postgresql/*/bin; do
    version=${folder%/bin}
    version=${version##*/}
    if [ -x "$folder/initdb" ] && [ "$version" -ge 15 ] && { [ -z "$OLDER_POSTGRES" ] || [ "$version" -lt "$OLDER_POSTGRES" ]; }; then
      OLDER_POSTGRES=$version
    fi
  done
}

missing=""
command -v chromium >/dev/null || missing="$missing chromium"
command -v openssl >/dev/null || missing="$missing openssl"
[ -x /usr/sbin/apache2 ] || missing="$missing apache2-bin" # without the service, which nobody here needs
[ -e /usr/lib/apache2/modules/mod_auth_openidc.so ] || missing="$missing libapache2-mod-auth-openidc"
# a portal of others, which the tests run by `plackup`; it asks for one of several servers and web servers: the two smallest, which nobody here needs
perl -MLemonldap::NG::Portal::Main::Issuer -MLasso -MCrypt::OpenSSL::X509 -MCrypt::JWT -MString::Random -MXML::Simple -e 1 2>/dev/null ||
  missing="$missing liblemonldap-ng-portal-perl lemonldap-ng-fastcgi-server mini-httpd liblasso-perl libstring-random-perl libxml-simple-perl libio-string-perl libcrypt-openssl-x509-perl libcrypt-openssl-bignum-perl libcrypt-jwt-perl"
find_older_postgres
[ -n "$OLDER_POSTGRES" ] || missing="$missing postgresql"

if [ -n "$missing" ]; then
  install="apt-get install --yes --no-install-recommends$missing"
  if [ "$(id -u)" = 0 ]; then as_root=""; elif sudo -n true 2>/dev/null; then as_root="sudo"; else as_root="impossible"; fi
  if [ "$as_root" = impossible ] || ! command -v apt-get >/dev/null; then
    echo "The tests need programs that are not here. As root, run: $install"
    exit 1
  fi
  echo "Installing$missing …"
  # a package of the server would start a cluster of its own; the tests start theirs
  $as_root sh -c "mkdir -p /etc/postgresql-common && [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' > /etc/postgresql-common/createcluster.conf"
  $as_root env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update --quiet=2 && $install --quiet=2" >/dev/null || {
    echo "Could not be installed:$missing"
    exit 1
  }
  find_older_postgres
fi
export OLDER_POSTGRES
