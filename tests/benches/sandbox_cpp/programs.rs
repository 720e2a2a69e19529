//! Programs of computation, by what they spend their time in.

/// Name and source.
pub const COMPUTING: &[(&str, &str)] = &[
    (
        "sieve",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){const int n=20000000;vector<char>s(n+1,1);long long t=0;\
         for(int i=2;i<=n;i++)if(s[i]){t+=i;for(long long j=(long long)i*i;j<=n;j+=i)s[j]=0;}printf(\"%lld\\n\",t);}",
    ),
    (
        "sorting",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){mt19937 r(1);vector<int>a(3000000);for(auto&x:a)x=r();\
         sort(a.begin(),a.end());unsigned h=0;for(size_t i=0;i<a.size();i++)h=h*31+a[i];printf(\"%u\\n\",h);}",
    ),
    (
        "map of numbers",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){mt19937 r(1);map<int,int>m;for(int i=0;i<700000;i++)m[r()%1000000]++;\
         long long t=0;for(auto&p:m)t+=1LL*p.first*p.second;cout<<t<<endl;}",
    ),
    (
        "unordered map",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){mt19937 r(1);unordered_map<int,int>m;for(int i=0;i<2000000;i++)m[r()%1000000]++;\
         long long t=0;for(auto&p:m)t+=1LL*p.first*p.second;cout<<t<<endl;}",
    ),
    (
        "knapsack",
        "#include <bits/stdc++.h>\nusing namespace std;\nlong long d[100001];int main(){for(int i=1;i<=2000;i++){int w=i*37%997+1,v=i*91%1009;\
         for(int j=100000;j>=w;j--)d[j]=max(d[j],d[j-w]+v);}cout<<d[100000]<<endl;}",
    ),
    (
        "modular powers",
        "#include <bits/stdc++.h>\nusing namespace std;\nconst long long M=1000000007;long long p(long long a,long long e){long long r=1;\
         while(e){if(e&1)r=r*a%M;a=a*a%M;e>>=1;}return r;}int main(){long long t=0;for(int i=1;i<=1000000;i++)t+=p(i,M-2);cout<<t<<endl;}",
    ),
    (
        "floating-point matrices",
        "#include <bits/stdc++.h>\nusing namespace std;\nconst int n=500;double a[n][n],b[n][n],c[n][n];int main(){for(int i=0;i<n;i++)\
         for(int j=0;j<n;j++){a[i][j]=i*j%7;b[i][j]=(i+j)%5;}for(int i=0;i<n;i++)for(int k=0;k<n;k++)for(int j=0;j<n;j++)\
         c[i][j]+=a[i][k]*b[k][j];double t=0;for(int i=0;i<n;i++)t+=c[i][i];printf(\"%.3f\\n\",t);}",
    ),
    (
        "depth-first search",
        "#include <bits/stdc++.h>\nusing namespace std;\nvector<int>g[1000001];int s[1000001];int f(int u,int p){s[u]=1;for(int v:g[u])if(v!=p)\
         s[u]+=f(v,u);return s[u];}int main(){mt19937 r(1);int n=1000000;for(int i=2;i<=n;i++){int p=max(1,(int)(i-1-r()%3));g[p].push_back(i);\
         g[i].push_back(p);}f(1,0);long long t=0;for(int i=1;i<=n;i++)t+=s[i];cout<<t<<endl;}",
    ),
    (
        "strings",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){string s;for(int i=0;i<1500000;i++)s+=to_string(i%9973);vector<int>z(s.size());\
         for(size_t i=1;i<s.size();i++){int k=z[i-1];while(k&&s[i]!=s[k])k=z[k-1];if(s[i]==s[k])k++;z[i]=k;}\
         map<string,int>m;for(size_t i=0;i+5<s.size();i+=7)m[s.substr(i,5)]++;cout<<m.size()<<' '<<z.back()<<endl;}",
    ),
    (
        "priority queue",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){int n=300000;mt19937 r(1);vector<vector<pair<int,int>>>g(n);\
         for(int i=0;i<n*4;i++)g[r()%n].push_back({(int)(r()%n),(int)(r()%1000)});vector<long long>d(n,1e18);\
         priority_queue<pair<long long,int>,vector<pair<long long,int>>,greater<>>q;q.push({0,0});d[0]=0;while(q.size()){auto[c,u]=q.top();q.pop();\
         if(c>d[u])continue;for(auto[v,w]:g[u])if(c+w<d[v]){d[v]=c+w;q.push({d[v],v});}}long long t=0;for(auto x:d)if(x<1e18)t+=x;cout<<t<<endl;}",
    ),
    (
        "bits",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){bitset<200000>b;b[0]=1;for(int i=1;i<3000;i++)b|=b<<(i*13%4001+1);\
         long long t=b.count();for(unsigned i=0;i<60000000;i++)t+=__builtin_popcount(i*2654435761u)&1;cout<<t<<endl;}",
    ),
    (
        "input and output",
        "#include <bits/stdc++.h>\nusing namespace std;\nint main(){stringstream s;for(int i=0;i<300000;i++)s<<i*7919LL%1000003<<' ';long long x,t=0;\
         while(s>>x)t+=x;ios::sync_with_stdio(false);for(int i=0;i<300000;i++)cout<<i<<'\\n';cout<<t<<endl;}",
    ),
];
